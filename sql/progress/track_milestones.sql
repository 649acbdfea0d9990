-- Tracks that reach a threshold of valid plays within a batch of days. Grain: one row per
-- (track_id, k), `reached_at` = the k-th smallest time (specification, section 3: track_plays).
-- `track_totals` holds the valid plays before the batch.
with
eligible as (
    select
        p.track_id,
        p.played_at
    from counted_plays as p
    cross join parameters as a
    where p.valid and p.played_at < a.as_of
),

batch as (
    select
        track_id,
        count(*) as plays
    from eligible
    group by track_id
),

crossings as (
    select
        b.track_id,
        k.k,
        k.k - coalesce(t.plays, 0) as nth
    from batch as b
    left join track_totals as t on b.track_id = t.track_id
    cross join thresholds as k
    where coalesce(t.plays, 0) < k.k and k.k <= coalesce(t.plays, 0) + b.plays
),

numbered as (
    select
        e.track_id,
        e.played_at,
        row_number() over (partition by e.track_id order by e.played_at) as nth
    from eligible as e
    semi join crossings as c on e.track_id = c.track_id
)

select
    c.track_id,
    c.k,
    n.played_at as reached_at
from crossings as c
inner join numbered as n on c.track_id = n.track_id and c.nth = n.nth
order by c.track_id, c.k
