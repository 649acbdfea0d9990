-- The day with the most plays of each producer, the earliest where several have as many.
-- Grain: one row per producer_id with at least one play (specification, section 5).
with
days as (
    select
        producer_id,
        plays,
        day
    from best_days_before
    union all
    select
        producer_id,
        plays,
        day
    from producer_plays
)

select
    producer_id,
    plays,
    day
from days
qualify row_number() over (partition by producer_id order by plays desc, day asc) = 1
order by producer_id
