-- Unlocked achievements of plays (specification, section 3: plays, track_plays, day_plays).
-- Grain: one row per (producer_id, achievement): the achievement's place in the order of ids.
with
first_of_tracks as (
    select
        t.producer_id,
        m.k,
        min(m.reached_at) as reached_at
    from track_milestones as m
    inner join tracks as t on m.track_id = t.track_id
    inner join producers as p on t.producer_id = p.producer_id
    where t.status in ('published', 'removed')
    group by t.producer_id, m.k
)

select
    m.producer_id,
    t.achievement,
    m.reached_at as unlocked_at,
    t.xp
from play_milestones as m
inner join thresholds as t on m.metric = t.metric and m.k = t.k
union all
select
    r.producer_id,
    t.achievement,
    r.reached_at as unlocked_at,
    t.xp
from first_of_tracks as r
inner join thresholds as t on t.metric = 'track_plays' and r.k = t.k
order by unlocked_at, producer_id, achievement
