-- Unlocked achievements, except those of plays and of levels: of uploads, metadata, collaborations,
-- partners, streaks and earnings, of joining before a day, and granted ones (specification,
-- section 3: achievements). Grain: one row per (producer_id, achievement): the achievement's place
-- in the order of ids.
select
    m.producer_id,
    t.achievement,
    m.reached_at as unlocked_at,
    t.xp
from milestones as m
inner join thresholds as t on m.metric = t.metric and m.k = t.k
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
order by unlocked_at, producer_id, achievement
