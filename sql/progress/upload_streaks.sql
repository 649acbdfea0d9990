-- The longest run of ISO weeks with an upload in each. Grain: one row per producer_id with an
-- upload (specification, section 5: best_upload_streak).
with
upload_weeks as (
    select distinct
        producer_id,
        cast(date_trunc('week', uploaded_at) as date) as week
    from uploads
),

week_breaks as (
    select
        producer_id,
        week,
        case
            when
                lag(week) over (partition by producer_id order by week)
                = cast(week - interval 7 day as date)
                then 0
            else 1
        end as is_break
    from upload_weeks
),

streaks as (
    select
        producer_id,
        sum(is_break) over (
            partition by producer_id order by week
            rows between unbounded preceding and current row
        ) as streak
    from week_breaks
),

lengths as (
    select
        producer_id,
        streak,
        count(*) as weeks
    from streaks
    group by producer_id, streak
)

select
    producer_id,
    max(weeks) as best_upload_streak
from lengths
group by producer_id
order by producer_id
