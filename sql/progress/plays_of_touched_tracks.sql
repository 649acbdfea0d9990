-- Valid plays by day of touched tracks. Grain: one row per (day, track_id).
select
    p.day,
    p.track_id,
    p.plays
from track_plays as p
semi join touched_tracks as o on p.track_id = o.track_id
order by p.day, p.track_id
