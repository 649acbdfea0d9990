-- Unlocked achievements of every kind (specification, section 5: unlocks). Grain: one row per
-- (producer_id, achievement_id).
with
every as (
    select
        producer_id,
        achievement,
        unlocked_at,
        xp
    from activity_unlocks
    union all
    select
        producer_id,
        achievement,
        unlocked_at,
        xp
    from play_unlocks
    union all
    select
        producer_id,
        achievement,
        unlocked_at,
        xp
    from level_unlocks
)

select
    e.producer_id,
    t.achievement_id,
    e.unlocked_at,
    e.xp
from every as e
inner join thresholds as t on e.achievement = t.achievement
order by e.producer_id, e.achievement
