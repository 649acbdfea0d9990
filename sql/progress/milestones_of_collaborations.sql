-- When producers reached thresholds of collaborations (specification, section 3: achievements).
-- Grain: one row per (producer_id, k).
with
nth_collaborations as (
    select
        producer_id,
        collaborated_at as reached_at,
        row_number() over (partition by producer_id order by collaborated_at) as k
    from collaborations
)

select
    n.producer_id,
    'collaborations' as metric,
    n.k,
    n.reached_at
from nth_collaborations as n
semi join thresholds as t on n.k = t.k
order by n.producer_id, n.k
