-- Days with plays that a change of the attribution touches. Grain: one row per day.
select distinct cast(p.played_at as date) as day
from counted_plays as p
inner join attribution_changes as c
    on
        p.track_id = c.track_id
        and cast(p.played_at as date) >= c.from_day
        and cast(p.played_at as date) < c.until_day
order by day
