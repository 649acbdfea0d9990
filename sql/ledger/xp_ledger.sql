-- The XP ledger (specification, sections 3 and 5: xp_ledger). Grain: one row per (producer_id, day,
-- source): the ledger before levels, with level achievements in the quantity of `achievement`.
with
booked as (
    select
        producer_id,
        day,
        source,
        quantity,
        xp
    from ledger_before_levels
    union all
    select
        producer_id,
        cast(unlocked_at as date) as day,
        'achievement' as source,
        1 as quantity,
        xp
    from level_unlocks
)

select
    producer_id,
    day,
    source,
    cast(sum(quantity) as bigint) as quantity,
    cast(sum(xp) as bigint) as xp
from booked
group by producer_id, day, source
