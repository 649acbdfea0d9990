-- All-time scores but for the blended category. Grain: one row per (category, producer_id)
-- (specification, section 4).
with
quality as (
    select
        u.producer_id,
        cast(
            10000 * sum(u.filled_fields) // (max(m.fields) * count(*)) as bigint
        ) as score
    from uploads as u
    cross join metadata_rule as m
    group by u.producer_id
),

scores as (
    select
        'points' as category,
        producer_id,
        total_xp as score
    from progress
    union all
    select
        'plays' as category,
        producer_id,
        plays as score
    from progress
    union all
    select
        'uploads' as category,
        producer_id,
        uploads as score
    from progress
    union all
    select
        'collaboration' as category,
        producer_id,
        collaborations as score
    from progress
    union all
    select
        'earnings' as category,
        producer_id,
        earnings_cents as score
    from progress
    union all
    select
        'quality' as category,
        producer_id,
        score
    from quality
)

select
    s.category,
    'all_time' as period,
    s.producer_id,
    s.score
from scores as s
inner join progress as p on s.producer_id = p.producer_id
where s.score > 0 and p.status = 'active'
order by s.category, s.producer_id
