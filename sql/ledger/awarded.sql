-- Ledger rows of everything but plays. Grain: one row per (day, producer_id, source)
-- (specification, section 3: XP ledger). Level achievements add to the quantity of the day's
-- achievements and are worth nothing.
with
booked as (
    select
        day,
        producer_id,
        source,
        quantity,
        xp
    from awards
    union all
    select
        cast(unlocked_at as date) as day,
        producer_id,
        'achievement' as source,
        cast(1 as bigint) as quantity,
        xp
    from level_unlocks
)

select
    day,
    producer_id,
    source,
    cast(sum(quantity) as bigint) as quantity,
    cast(sum(xp) as bigint) as xp
from booked
group by day, producer_id, source
order by day, producer_id, source
