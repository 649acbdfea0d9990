-- Plays by day and producer (specification, section 2: play). Grain: one row per (day,
-- producer_id) with any. A valid play counts for the uploader, and for each collaborator who earns
-- on its day; so the day's plays of a track count for each of them.
select
    p.day,
    a.producer_id,
    cast(sum(p.plays) as bigint) as plays
from track_plays as p
inner join attribution as a
    on p.track_id = a.track_id and p.day >= a.from_day and p.day < a.until_day
where a.producer_id is not null
group by p.day, a.producer_id
