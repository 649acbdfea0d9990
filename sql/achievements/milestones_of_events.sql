-- When producers reached thresholds of what is counted one by one (specification, section 3:
-- achievements). Grain: one row per (producer_id, metric, k).
with
nth_events as (
    select
        producer_id,
        metric,
        happened_at,
        row_number() over (partition by producer_id, metric order by happened_at) as k
    from events
),

distinct_thresholds as (
    select distinct
        metric,
        k
    from thresholds
)

select
    n.producer_id,
    n.metric,
    n.k,
    n.happened_at as reached_at
from nth_events as n
inner join distinct_thresholds as t on n.metric = t.metric and n.k = t.k
order by n.producer_id, n.metric, n.k
