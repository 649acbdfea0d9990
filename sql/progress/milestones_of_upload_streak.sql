-- When producers reached thresholds of streaks of weeks (specification, section 3: achievements).
-- Grain: one row per (producer_id, k).
with
upload_weeks as (
    select
        producer_id,
        cast(date_trunc('week', uploaded_at) as date) as week,
        min(uploaded_at) as first_upload
    from uploads
    group by producer_id, cast(date_trunc('week', uploaded_at) as date)
),

week_breaks as (
    select
        producer_id,
        week,
        first_upload,
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
        week,
        first_upload,
        sum(is_break) over (
            partition by producer_id order by week
            rows between unbounded preceding and current row
        ) as streak
    from week_breaks
),

streak_weeks as (
    select
        producer_id,
        first_upload,
        row_number() over (partition by producer_id, streak order by week) as nth
    from streaks
)

select
    s.producer_id,
    'upload_streak' as metric,
    s.nth as k,
    min(s.first_upload) as reached_at
from streak_weeks as s
semi join thresholds as t on s.nth = t.k
group by s.producer_id, s.nth
order by s.producer_id, s.nth
