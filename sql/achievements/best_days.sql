-- The most plays of each producer within one day. Grain: one row per producer_id with at least one
-- play (specification, section 5).
with
days as (
    select
        producer_id,
        plays
    from best_days_before
    union all
    select
        producer_id,
        plays
    from producer_plays
)

select
    producer_id,
    max(plays) as plays
from days
group by producer_id
order by producer_id
