-- When producers reached thresholds of uploads (specification, section 3: achievements).
-- Grain: one row per (producer_id, k).
with
nth_uploads as (
    select
        producer_id,
        uploaded_at as reached_at,
        row_number() over (partition by producer_id order by uploaded_at) as k
    from uploads
)

select
    n.producer_id,
    'uploads' as metric,
    n.k,
    n.reached_at
from nth_uploads as n
semi join thresholds as t on n.k = t.k
order by n.producer_id, n.k
