-- Days on which producers reach a threshold of plays, in all or within one day. Grain: one row
-- per (producer_id, metric, k); `nth` = which of that day's plays reaches it
-- (specification, section 3: plays, day_plays).
-- `producer_plays` holds a batch of days, `play_totals` the plays before it, `reached` what was
-- reached before it.
with
batch as (
    select
        producer_id,
        cast(sum(plays) as bigint) as plays
    from producer_plays
    group by producer_id
),

candidates as (
    select
        b.producer_id,
        k.k,
        coalesce(t.plays, 0) as plays_before
    from batch as b
    left join play_totals as t on b.producer_id = t.producer_id
    inner join thresholds as k
        on
            k.metric = 'plays'
            and coalesce(t.plays, 0) < k.k
            and k.k <= coalesce(t.plays, 0) + b.plays
),

running as (
    select
        p.producer_id,
        p.day,
        p.plays,
        cast(sum(p.plays) over (
            partition by p.producer_id order by p.day
            rows between unbounded preceding and current row
        ) as bigint) as plays_so_far
    from producer_plays as p
    semi join candidates as c on p.producer_id = c.producer_id
),

in_all as (
    select
        c.producer_id,
        'plays' as metric,
        c.k,
        r.day,
        c.k - c.plays_before - r.plays_so_far + r.plays as nth
    from candidates as c
    inner join running as r
        on
            c.producer_id = r.producer_id
            and c.plays_before + r.plays_so_far >= c.k
            and c.plays_before + r.plays_so_far - r.plays < c.k
),

within_a_day as (
    select
        p.producer_id,
        'day_plays' as metric,
        k.k,
        min(p.day) as day,
        k.k as nth
    from producer_plays as p
    inner join thresholds as k on k.metric = 'day_plays' and p.plays >= k.k
    anti join reached as r
        on p.producer_id = r.producer_id and r.metric = 'day_plays' and k.k = r.k
    group by p.producer_id, k.k
)

select
    producer_id,
    metric,
    k,
    day,
    nth
from in_all
union all
select
    producer_id,
    metric,
    k,
    day,
    nth
from within_a_day
order by producer_id, metric, k
