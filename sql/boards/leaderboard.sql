-- Ranks. Grain: one row per (category, period, producer_id); equal scores share a rank, the next
-- one counts all above it: 1, 2, 2, 4 (specification, section 4).
select
    category,
    period,
    rank() over (partition by category, period order by score desc) as rank,
    producer_id,
    score
from scores
order by category, period, rank, producer_id
