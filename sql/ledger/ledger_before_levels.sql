-- The ledger without level achievements, which follow from it and award nothing (specification,
-- section 3: XP ledger). Grain: one row per (producer_id, day, source).
select
    q.producer_id,
    q.day,
    q.source,
    q.quantity,
    least(q.quantity * u.xp, coalesce(c.xp, q.quantity * u.xp)) as xp
from activity_days as q
inner join unit_xp as u on q.source = u.source and q.day = u.day
left join daily_caps as c on q.source = c.source
union all
select
    producer_id,
    cast(unlocked_at as date) as day,
    'achievement' as source,
    count(*) as quantity,
    cast(sum(xp) as bigint) as xp
from (
    select
        producer_id,
        unlocked_at,
        xp
    from activity_unlocks
    union all
    select
        producer_id,
        unlocked_at,
        xp
    from play_unlocks
) as unlocked
group by producer_id, cast(unlocked_at as date)
union all
select
    j.producer_id,
    cast(j.adjusted_at as date) as day,
    'adjustment' as source,
    count(*) as quantity,
    cast(sum(j.xp) as bigint) as xp
from adjustments as j
inner join producers as p on j.producer_id = p.producer_id
cross join parameters as a
where j.adjusted_at < a.as_of
group by j.producer_id, cast(j.adjusted_at as date)
