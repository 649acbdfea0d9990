-- Plays of tracks that are not in the current dump. Grain: one row per day that has any
-- (specification, section 1: unmatched).
select
    cast(p.played_at as date) as day,
    count(*) as plays
from counted_plays as p
anti join attribution as t on p.track_id = t.track_id
cross join parameters as a
where p.played_at < a.as_of
group by cast(p.played_at as date)
order by day
