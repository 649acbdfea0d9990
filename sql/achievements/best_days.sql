-- The most plays of each producer within one day. Grain: one row per producer_id with at least one
-- play (specification, section 5: best_day_plays). A fold: `best_days_before` covers days whose
-- plays have not changed since, `producer_plays` has the others. The rules start from nothing.
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
