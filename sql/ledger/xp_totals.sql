-- What the ledger adds up to. Grain: one row per (producer_id, source).
-- `xp_totals_before` plus the rows of `xp_ledger` minus those of `withdrawn_rows`.
with
counted as (
    select
        producer_id,
        source,
        quantity,
        xp
    from xp_totals_before
    union all
    select
        producer_id,
        source,
        quantity,
        xp
    from xp_ledger
    union all
    select
        producer_id,
        source,
        -quantity as quantity,
        -xp as xp
    from withdrawn_rows
)

select
    producer_id,
    source,
    cast(sum(quantity) as bigint) as quantity,
    cast(sum(xp) as bigint) as xp
from counted
group by producer_id, source
having sum(quantity) <> 0
order by producer_id, source
