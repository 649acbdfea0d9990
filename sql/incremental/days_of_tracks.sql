-- Days with plays of some tracks. Grain: one row per day.
select distinct cast(p.played_at as date) as day
from counted_plays as p
semi join changed_tracks as t on p.track_id = t.track_id
order by day
