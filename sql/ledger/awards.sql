-- Ledger rows of everything but plays and level achievements. Grain: one row per (day,
-- producer_id, source) (specification, section 3: XP ledger).
-- `day_rates` has one row per (source, day): what a unit is worth, and the cap.
with
quantities as (
    select
        producer_id,
        cast(uploaded_at as date) as day,
        'upload' as source
    from uploads
    union all
    select
        producer_id,
        cast(completed_at as date) as day,
        'metadata' as source
    from metadata_completions
    union all
    select
        producer_id,
        cast(collaborated_at as date) as day,
        'collaboration' as source
    from collaborations
),

daily as (
    select
        day,
        producer_id,
        source,
        count(*) as quantity
    from quantities
    group by day, producer_id, source
)

select
    d.day,
    d.producer_id,
    d.source,
    d.quantity,
    least(coalesce(r.daily_cap, d.quantity * r.unit_xp), d.quantity * r.unit_xp) as xp
from daily as d
inner join day_rates as r on d.source = r.source and d.day = r.day
union all
select
    cast(unlocked_at as date) as day,
    producer_id,
    'achievement' as source,
    count(*) as quantity,
    cast(sum(xp) as bigint) as xp
from unlocks
group by cast(unlocked_at as date), producer_id
union all
select
    cast(j.adjusted_at as date) as day,
    j.producer_id,
    'adjustment' as source,
    count(*) as quantity,
    cast(sum(j.xp) as bigint) as xp
from adjustments as j
inner join producers as p on j.producer_id = p.producer_id
cross join parameters as a
where j.adjusted_at < a.as_of
group by cast(j.adjusted_at as date), j.producer_id
order by day, producer_id, source
