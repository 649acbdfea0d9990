-- The levels of the rulebook (specification, sections 3 and 5: levels). Grain: one row per level.
-- Which one a producer has is said in progress/progress.sql, by total_xp.
select
    level,
    title,
    min_xp
from rulebook_levels
order by level
