-- When tracks reached thresholds of valid plays (specification, section 3: track_plays). Grain: one
-- row per (track_id, k): the time of the nth play of the day on which it was reached.
with
threshold_days as (
    select distinct
        track_id,
        day
    from track_threshold_days
),

nth_plays as (
    select
        p.track_id,
        d.day,
        p.played_at,
        row_number() over (partition by p.track_id, d.day order by p.played_at) as nth
    from valid_plays as p
    inner join threshold_days as d
        on p.track_id = d.track_id and cast(p.played_at as date) = d.day
)

select
    d.track_id,
    d.k,
    n.played_at as reached_at
from track_threshold_days as d
inner join nth_plays as n on d.track_id = n.track_id and d.day = n.day and d.nth = n.nth
order by d.track_id, d.k
