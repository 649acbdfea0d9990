-- Adjustments after re-deliveries and corrections, those from as_of on included (specification,
-- section 1: events). Grain: one row per adjustment_id: the later row wins, by the order of files
-- and then of rows.
select
    adjustment_id,
    producer_id,
    xp,
    adjusted_at
from adjustment_rows
qualify row_number() over (partition by adjustment_id order by file desc, row desc) = 1
order by adjustment_id
