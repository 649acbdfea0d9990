-- Unlocked level achievements. Grain: one row per (producer_id, achievement): midnight at the
-- start of the day on which the level was first reached (specification, section 3).
select
    u.producer_id,
    t.achievement,
    cast(u.reached_on as timestamp) as unlocked_at,
    t.xp
from level_ups as u
inner join thresholds as t on t.metric = 'level' and u.level = t.k
order by unlocked_at, u.producer_id, t.achievement
