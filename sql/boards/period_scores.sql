-- Scores of a calendar month or ISO week. Grain: one row per (category, period, producer_id).
-- `xp_ledger` holds the days of both, `periods` their first days (specification, section 4).
with
ledger as (
    select
        o.period,
        l.producer_id,
        l.source,
        sum(l.quantity) as quantity,
        sum(l.xp) as xp
    from xp_ledger as l
    inner join periods as o on l.day >= o.from_day and l.day < o.until_day
    group by o.period, l.producer_id, l.source
),

earned as (
    select
        o.period,
        e.producer_id,
        cast(sum(e.amount_cents) as bigint) as score
    from earnings as e
    inner join periods as o
        on cast(e.earned_at as date) >= o.from_day and cast(e.earned_at as date) < o.until_day
    cross join parameters as a
    where e.earned_at < a.as_of
    group by o.period, e.producer_id
),

scores as (
    select
        'points' as category,
        period,
        producer_id,
        cast(sum(xp) as bigint) as score
    from ledger
    group by period, producer_id
    union all
    select
        case source
            when 'upload' then 'uploads'
            when 'play' then 'plays'
            else 'collaboration'
        end as category,
        period,
        producer_id,
        cast(quantity as bigint) as score
    from ledger
    where source in ('upload', 'play', 'collaboration')
    union all
    select
        'earnings' as category,
        period,
        producer_id,
        score
    from earned
)

select
    s.category,
    s.period,
    s.producer_id,
    s.score
from scores as s
inner join producers as p on s.producer_id = p.producer_id
where s.score > 0 and p.status = 'active'
order by s.category, s.period, s.producer_id
