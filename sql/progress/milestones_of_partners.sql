-- When producers reached thresholds of partners (specification, section 3: achievements).
-- Grain: one row per (producer_id, k).
with
nth_partners as (
    select
        producer_id,
        since as reached_at,
        row_number() over (partition by producer_id order by since) as k
    from partners
)

select
    n.producer_id,
    'partners' as metric,
    n.k,
    n.reached_at
from nth_partners as n
semi join thresholds as t on n.k = t.k
order by n.producer_id, n.k
