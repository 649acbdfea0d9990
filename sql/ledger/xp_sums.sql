-- XP of each producer over all days. Grain: one row per producer_id.
-- `xp_sums_before` plus `xp_days` minus `withdrawn_days`.
with
counted as (
    select
        producer_id,
        xp
    from xp_sums_before
    union all
    select
        producer_id,
        xp
    from xp_days
    union all
    select
        producer_id,
        -xp as xp
    from withdrawn_days
)

select
    producer_id,
    cast(sum(xp) as bigint) as xp
from counted
group by producer_id
order by producer_id
