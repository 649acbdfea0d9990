-- Plays by day of changed producers. Grain: one row per (day, producer_id).
select
    p.day,
    p.producer_id,
    p.plays
from producer_plays as p
semi join changed_producers as o on p.producer_id = o.producer_id
order by p.day, p.producer_id
