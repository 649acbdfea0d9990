-- When producers reached thresholds of plays, in all or within one day (specification, section 3:
-- plays, day_plays). Grain: one row per (producer_id, metric, k): the time of the nth play of the
-- day on which it was reached.
with
threshold_days as (
    select distinct
        producer_id,
        day
    from play_threshold_days
),

nth_plays as (
    select
        c.producer_id,
        d.day,
        c.played_at,
        row_number() over (partition by c.producer_id, d.day order by c.played_at) as nth
    from play_credits as c
    inner join threshold_days as d
        on c.producer_id = d.producer_id and cast(c.played_at as date) = d.day
)

select
    d.producer_id,
    d.metric,
    d.k,
    n.played_at as reached_at
from play_threshold_days as d
inner join nth_plays as n
    on d.producer_id = n.producer_id and d.day = n.day and d.nth = n.nth
order by d.producer_id, d.metric, d.k
