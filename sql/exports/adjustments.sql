-- Adjustments after re-deliveries and corrections. Grain: one row per adjustment_id.
-- The later row wins, by file and then by row (specification, section 1).
select
    adjustment_id,
    producer_id,
    xp,
    adjusted_at,
    reason,
    adjusted_by
from adjustments_delivered
qualify row_number() over (partition by adjustment_id order by file_order desc, row desc) = 1
order by adjustment_id
