-- The exact times at which plays reached thresholds. Grain: one row per (producer_id, metric, k)
-- of `play_crossings`: the nth smallest time among the producer's plays of that day.
with
wanted as (
    select distinct
        producer_id,
        day
    from play_crossings
),

wanted_tracks as (
    select
        w.producer_id,
        w.day,
        a.track_id
    from wanted as w
    inner join attribution as a
        on w.producer_id = a.producer_id and w.day >= a.from_day and w.day < a.until_day
),

numbered as (
    select
        t.producer_id,
        t.day,
        p.played_at,
        row_number() over (partition by t.producer_id, t.day order by p.played_at) as nth
    from counted_plays as p
    inner join wanted_tracks as t
        on p.track_id = t.track_id and cast(p.played_at as date) = t.day
    cross join parameters as x
    where p.valid and p.played_at < x.as_of
)

select
    c.producer_id,
    c.metric,
    c.k,
    n.played_at as reached_at
from play_crossings as c
inner join numbered as n
    on c.producer_id = n.producer_id and c.day = n.day and c.nth = n.nth
order by c.producer_id, c.metric, c.k
