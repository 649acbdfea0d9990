-- When producers reached thresholds of complete tracks (specification, section 3: achievements).
-- Grain: one row per (producer_id, k).
with
nth_metadata_completions as (
    select
        producer_id,
        completed_at as reached_at,
        row_number() over (partition by producer_id order by completed_at) as k
    from metadata_completions
)

select
    n.producer_id,
    'complete_tracks' as metric,
    n.k,
    n.reached_at
from nth_metadata_completions as n
semi join thresholds as t on n.k = t.k
order by n.producer_id, n.k
