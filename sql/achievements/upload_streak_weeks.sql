-- Each ISO week in which a producer uploaded, as the nth of a run of such weeks. Grain: one row per
-- (producer_id, week); a run begins again with nth 1 after a week without an upload
-- (specification, section 3: upload_streak).
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
)

select
    producer_id,
    week,
    first_upload,
    row_number() over (partition by producer_id, streak order by week) as nth
from streaks
order by producer_id, week
