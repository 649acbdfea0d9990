-- Grants after re-deliveries and corrections. Grain: one row per grant_id.
-- The later row wins, by file and then by row (specification, section 1).
select
    grant_id,
    producer_id,
    achievement_id,
    granted_at,
    granted_by,
    note
from grants_delivered
qualify row_number() over (partition by grant_id order by file_order desc, row desc) = 1
order by grant_id
