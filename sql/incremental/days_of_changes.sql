-- Days with plays that a change of the attribution touches. Grain: one row per day.
select distinct p.day
from track_plays as p
inner join attribution_changes as c
    on p.track_id = c.track_id and p.day >= c.from_day and p.day < c.until_day
order by p.day
