-- Unlocked achievements, but for those of levels (specification, section 3: achievements).
-- Grain: one row per (producer_id, achievement): the achievement's place in the order of ids.
with
track_plays as (
    select
        t.producer_id,
        m.k,
        min(m.reached_at) as reached_at
    from track_milestones as m
    inner join tracks as t on m.track_id = t.track_id
    inner join producers as p on t.producer_id = p.producer_id
    where t.status in ('published', 'removed')
    group by t.producer_id, m.k
),

reached as (
    select
        producer_id,
        metric,
        k,
        reached_at
    from milestones
    union all
    select
        producer_id,
        metric,
        k,
        reached_at
    from play_milestones
    union all
    select
        producer_id,
        'track_plays' as metric,
        k,
        reached_at
    from track_plays
)

select
    r.producer_id,
    t.achievement,
    r.reached_at as unlocked_at,
    t.xp
from reached as r
inner join thresholds as t on r.metric = t.metric and r.k = t.k
union all
select
    p.producer_id,
    t.achievement,
    p.joined_at as unlocked_at,
    t.xp
from producers as p
inner join thresholds as t
    on t.metric = 'joined_before' and cast(p.joined_at as date) < t.before_day
cross join parameters as a
where p.joined_at < a.as_of
union all
select
    g.producer_id,
    t.achievement,
    min(g.granted_at) as unlocked_at,
    t.xp
from grants as g
inner join thresholds as t on t.metric = 'granted' and g.achievement_id = t.achievement_id
inner join producers as p on g.producer_id = p.producer_id
cross join parameters as a
where g.granted_at < a.as_of
group by g.producer_id, t.achievement, t.xp
order by producer_id, achievement
