-- Earnings after re-deliveries and corrections, those from as_of on included (specification,
-- section 1: events). Grain: one row per earning_id: the later row wins, by the order of files and
-- then of rows.
select
    earning_id,
    producer_id,
    amount_cents,
    earned_at,
    track_id
from earning_rows
qualify row_number() over (partition by earning_id order by file desc, row desc) = 1
order by earning_id
