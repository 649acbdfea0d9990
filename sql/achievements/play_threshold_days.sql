-- The day on which a producer reached a threshold of plays, in all or within one day, and which of
-- that day's plays it was (specification, section 3: plays, day_plays). Grain: one row per
-- (producer_id, metric, k). Days are in order, so the k-th smallest time is on the day on which
-- the running count passes k, and only that day's plays need be looked at one by one.
with
running as (
    select
        producer_id,
        day,
        plays,
        cast(sum(plays) over (
            partition by producer_id order by day
            rows between unbounded preceding and current row
        ) as bigint) as total
    from producer_plays
)

select distinct
    r.producer_id,
    t.metric,
    t.k,
    r.day,
    cast(t.k - (r.total - r.plays) as bigint) as nth
from running as r
inner join thresholds as t
    on t.metric = 'plays' and r.total - r.plays < t.k and r.total >= t.k
union all
select
    p.producer_id,
    t.metric,
    t.k,
    min(p.day) as day,
    t.k as nth
from producer_plays as p
inner join thresholds as t on t.metric = 'day_plays' and p.plays >= t.k
group by p.producer_id, t.metric, t.k
order by producer_id, metric, k
