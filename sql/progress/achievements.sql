-- The achievements of the rulebook and how many producers have each. Grain: one row per
-- achievement_id (specification, section 5).
with
unlocked as (
    select achievement_id from unlocks
    union all
    select achievement_id from level_unlocks
),

counts as (
    select
        achievement_id,
        count(*) as unlocked_by
    from unlocked
    group by achievement_id
)

select
    r.achievement_id,
    r.name,
    r.description,
    r.rarity,
    r.xp,
    r.metric,
    r.threshold,
    coalesce(c.unlocked_by, 0) as unlocked_by
from rules as r
left join counts as c on r.achievement_id = c.achievement_id
order by r.achievement_id
