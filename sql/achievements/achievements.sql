-- The achievements of the rulebook, and how many producers have each (specification, section 5:
-- achievements). Grain: one row per achievement_id, also if nobody has it.
with
holders as (
    select
        achievement_id,
        count(*) as unlocked_by
    from unlocks
    group by achievement_id
)

select
    a.achievement_id,
    a.name,
    a.description,
    a.rarity,
    a.xp,
    a.metric,
    a.threshold,
    coalesce(h.unlocked_by, 0) as unlocked_by
from rulebook_achievements as a
left join holders as h on a.achievement_id = h.achievement_id
order by a.achievement_id
