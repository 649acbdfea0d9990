-- When producers reached the thresholds of the rulebook's achievements, but for levels.
-- Grain: one row per (producer_id, metric, k) (specification, section 3: achievements).
-- `k` is the threshold; for joined_before it is null and the achievement's own date decides.
with
nth_uploads as (
    select
        producer_id,
        uploaded_at as reached_at,
        row_number() over (partition by producer_id order by uploaded_at) as k
    from uploads
),

nth_metadata_completions as (
    select
        producer_id,
        completed_at as reached_at,
        row_number() over (partition by producer_id order by completed_at) as k
    from metadata_completions
),

nth_collaborations as (
    select
        producer_id,
        collaborated_at as reached_at,
        row_number() over (partition by producer_id order by collaborated_at) as k
    from collaborations
),

nth_partners as (
    select
        producer_id,
        since as reached_at,
        row_number() over (partition by producer_id order by since) as k
    from partners
),

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
),

running_earnings as (
    select
        e.producer_id,
        e.earned_at,
        cast(sum(e.amount_cents) over (
            partition by e.producer_id order by e.earned_at, e.earning_id
            rows between unbounded preceding and current row
        ) as bigint) as cents
    from earnings as e
    inner join producers as p on e.producer_id = p.producer_id
    cross join parameters as a
    where e.earned_at < a.as_of
)

select
    n.producer_id,
    'uploads' as metric,
    n.k,
    n.reached_at
from nth_uploads as n
semi join thresholds as t on t.metric = 'uploads' and n.k = t.k
union all
select
    n.producer_id,
    'complete_tracks' as metric,
    n.k,
    n.reached_at
from nth_metadata_completions as n
semi join thresholds as t on t.metric = 'complete_tracks' and n.k = t.k
union all
select
    n.producer_id,
    'collaborations' as metric,
    n.k,
    n.reached_at
from nth_collaborations as n
semi join thresholds as t on t.metric = 'collaborations' and n.k = t.k
union all
select
    n.producer_id,
    'partners' as metric,
    n.k,
    n.reached_at
from nth_partners as n
semi join thresholds as t on t.metric = 'partners' and n.k = t.k
union all
select
    s.producer_id,
    'upload_streak' as metric,
    s.nth as k,
    min(s.first_upload) as reached_at
from streak_weeks as s
semi join thresholds as t on t.metric = 'upload_streak' and s.nth = t.k
group by s.producer_id, s.nth
union all
select
    e.producer_id,
    'earnings' as metric,
    t.k,
    min(e.earned_at) as reached_at
from running_earnings as e
inner join thresholds as t on t.metric = 'earnings' and e.cents >= t.k
group by e.producer_id, t.k
order by producer_id, metric, k
