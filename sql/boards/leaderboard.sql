-- All boards (specification, section 4). Grain: one row per (category, period, producer_id) that is
-- ranked. Equal scores share a rank, and the next one counts all above it: 1, 2, 2, 4.
-- Listed by (rank, producer_id), which is for those who read it.
with
scores as (
    select
        category,
        period,
        producer_id,
        score
    from board_scores
    union all
    select
        'overall' as category,
        'all_time' as period,
        producer_id,
        score
    from overall_scores
)

select
    category,
    period,
    rank() over (partition by category, period order by score desc) as rank,
    producer_id,
    score
from scores
