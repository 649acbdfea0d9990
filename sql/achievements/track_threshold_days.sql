-- The day on which a track reached a threshold of valid plays, and which of that day's plays it
-- was (specification, section 3: track_plays). Grain: one row per (track_id, k).
with
running as (
    select
        track_id,
        day,
        plays,
        cast(sum(plays) over (
            partition by track_id order by day
            rows between unbounded preceding and current row
        ) as bigint) as total
    from track_plays
)

select distinct
    r.track_id,
    t.k,
    r.day,
    cast(t.k - (r.total - r.plays) as bigint) as nth
from running as r
inner join thresholds as t
    on t.metric = 'track_plays' and r.total - r.plays < t.k and r.total >= t.k
order by r.track_id, t.k
