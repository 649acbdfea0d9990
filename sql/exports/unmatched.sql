-- Rows that refer to something unknown, except plays. Grain: one row per entity
-- (specification, section 1: unmatched): over the current dumps and the events before as_of.
select
    'tracks' as entity,
    count(*) as unmatched
from tracks as t
anti join producers as p on t.producer_id = p.producer_id
union all
select
    'credits' as entity,
    count(*) as unmatched
from credits as c
left join tracks as t on c.track_id = t.track_id
left join producers as p on c.producer_id = p.producer_id
where t.track_id is null or p.producer_id is null
union all
select
    'earnings' as entity,
    count(*) as unmatched
from earnings as e
cross join parameters as a
left join producers as p on e.producer_id = p.producer_id
where e.earned_at < a.as_of and p.producer_id is null
union all
select
    'grants' as entity,
    count(*) as unmatched
from grants as g
cross join parameters as a
left join producers as p on g.producer_id = p.producer_id
left join thresholds as t on t.metric = 'granted' and g.achievement_id = t.achievement_id
where g.granted_at < a.as_of and (p.producer_id is null or t.achievement_id is null)
union all
select
    'adjustments' as entity,
    count(*) as unmatched
from adjustments as j
cross join parameters as a
left join producers as p on j.producer_id = p.producer_id
where j.adjusted_at < a.as_of and p.producer_id is null
order by entity
