-- Days on which tracks reach a threshold of valid plays. Grain: one row per (track_id, k);
-- `nth` = which of that day's plays reaches it (specification, section 3: track_plays).
-- `track_plays` holds a batch of days, `track_totals` the valid plays before it.
with
batch as (
    select
        track_id,
        cast(sum(plays) as bigint) as plays
    from track_plays
    group by track_id
),

candidates as (
    select
        b.track_id,
        k.k,
        coalesce(t.plays, 0) as plays_before
    from batch as b
    left join track_totals as t on b.track_id = t.track_id
    inner join thresholds as k
        on coalesce(t.plays, 0) < k.k and k.k <= coalesce(t.plays, 0) + b.plays
),

running as (
    select
        p.track_id,
        p.day,
        p.plays,
        cast(sum(p.plays) over (
            partition by p.track_id order by p.day
            rows between unbounded preceding and current row
        ) as bigint) as plays_so_far
    from track_plays as p
    semi join candidates as c on p.track_id = c.track_id
)

select
    c.track_id,
    c.k,
    r.day,
    c.k - c.plays_before - r.plays_so_far + r.plays as nth
from candidates as c
inner join running as r
    on
        c.track_id = r.track_id
        and c.plays_before + r.plays_so_far >= c.k
        and c.plays_before + r.plays_so_far - r.plays < c.k
order by c.track_id, c.k
