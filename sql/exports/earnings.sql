-- Earnings after re-deliveries and corrections. Grain: one row per earning_id.
-- The later row wins, by file and then by row (specification, section 1).
select
    earning_id,
    producer_id,
    amount_cents,
    earned_at,
    track_id
from earnings_delivered
qualify row_number() over (partition by earning_id order by file_order desc, row desc) = 1
order by earning_id
