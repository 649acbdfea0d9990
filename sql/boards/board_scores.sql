-- Scores of every board but the blended one (specification, section 4: scores, ranked). Grain: one
-- row per (category, period, producer_id) that is ranked: active, with a score above 0. Points of
-- all time are the total, which is never below 0.
with
scores as (
    select
        case l.source
            when 'upload' then 'uploads' when 'play' then 'plays' else 'collaboration'
        end as category,
        d.period,
        l.producer_id,
        cast(sum(l.quantity) as bigint) as score
    from xp_ledger as l
    inner join periods as d on l.day >= d.from_day and l.day < d.until_day
    where l.source in ('upload', 'play', 'collaboration')
    group by l.source, d.period, l.producer_id
    union all
    select
        'points' as category,
        d.period,
        l.producer_id,
        cast(sum(l.xp) as bigint) as score
    from xp_ledger as l
    inner join periods as d on l.day >= d.from_day and l.day < d.until_day
    where d.period <> 'all_time'
    group by d.period, l.producer_id
    union all
    select
        'points' as category,
        'all_time' as period,
        producer_id,
        total_xp as score
    from progress
    union all
    select
        'earnings' as category,
        d.period,
        e.producer_id,
        cast(sum(e.amount_cents) as bigint) as score
    from earnings as e
    cross join parameters as a
    inner join periods as d
        on cast(e.earned_at as date) >= d.from_day and cast(e.earned_at as date) < d.until_day
    where e.earned_at < a.as_of
    group by d.period, e.producer_id
    union all
    select
        'quality' as category,
        'all_time' as period,
        u.producer_id,
        cast(10000 * sum(u.filled_fields) // (max(m.fields) * count(*)) as bigint) as score
    from uploads as u
    cross join metadata_rule as m
    group by u.producer_id
)

select
    s.category,
    s.period,
    s.producer_id,
    s.score
from scores as s
inner join producers as p on s.producer_id = p.producer_id
where p.status = 'active' and s.score > 0
