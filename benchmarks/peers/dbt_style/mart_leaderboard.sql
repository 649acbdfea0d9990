-- Ranks by points, plays and uploads.
with scores as (
    unpivot (from mart_progress where status = 'active')
    on points, plays, uploads
    into name category value score
)

select
    category,
    rank() over (partition by category order by score desc) as rank,
    producer_id,
    score
from scores
where score > 0
order by category, rank, producer_id
