-- The days that boards count (specification, section 4: periods). Grain: one row per period with
-- [from_day, until_day): all time, and the calendar month and ISO week that hold the last instant
-- before as_of, which at midnight is of the day before.
with
last_days as (
    select
        case
            when cast(cast(as_of as date) as timestamp) = as_of
                then cast(cast(as_of as date) - interval 1 day as date)
            else cast(as_of as date)
        end as day
    from parameters
),

first_days as (
    select
        cast(date_trunc('month', cast(day as timestamp)) as date) as month,
        cast(date_trunc('week', cast(day as timestamp)) as date) as week
    from last_days
)

select
    'all_time' as period,
    date '0001-01-01' as from_day,
    date '9999-12-31' as until_day
union all
select
    'month' as period,
    month as from_day,
    -- 31 days after its first day every month is over, and the next one is not.
    cast(date_trunc('month', cast(month + interval 31 day as timestamp)) as date) as until_day
from first_days
union all
select
    'week' as period,
    week as from_day,
    cast(week + interval 7 day as date) as until_day
from first_days
