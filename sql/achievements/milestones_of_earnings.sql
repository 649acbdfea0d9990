-- When producers reached thresholds of earnings, in cents (specification, section 3: achievements).
-- Grain: one row per (producer_id, metric, k).
with
running_earnings as (
    select
        e.producer_id,
        e.earned_at,
        cast(sum(e.amount_cents) over (
            partition by e.producer_id order by e.earned_at, e.earning_id
            rows between unbounded preceding and current row
        ) as bigint) as cents
    from earnings as e
    inner join producers as p on e.producer_id = p.producer_id
    cross join parameters as a
    where e.earned_at < a.as_of
)

select
    e.producer_id,
    t.metric,
    t.k,
    min(e.earned_at) as reached_at
from running_earnings as e
inner join thresholds as t on t.metric = 'earnings' and e.cents >= t.k
group by e.producer_id, t.metric, t.k
order by e.producer_id, t.k
