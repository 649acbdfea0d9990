-- When producers reached thresholds of events, whatever these are (specification, section 3:
-- achievements). Grain: one row per (producer_id, metric, k).
with
nth_events as (
    select
        producer_id,
        happened_at,
        row_number() over (partition by producer_id order by happened_at) as k
    from events
)

select
    n.producer_id,
    t.metric,
    n.k,
    n.happened_at as reached_at
from nth_events as n
inner join thresholds as t on n.k = t.k
order by n.producer_id, n.k
