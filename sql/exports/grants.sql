-- Grants after re-deliveries and corrections, those from as_of on included (specification,
-- section 1: events). Grain: one row per grant_id: the later row wins, by the order of files and
-- then of rows.
select
    grant_id,
    producer_id,
    achievement_id,
    granted_at
from grant_rows
qualify row_number() over (partition by grant_id order by file desc, row desc) = 1
order by grant_id
