-- The XP ledger of some days. Grain: one row per (producer_id, day, source)
-- (specification, section 3: XP ledger). Level achievements add to the quantity of the day's
-- achievements and are worth nothing.
with
awarded as (
    select
        day,
        producer_id,
        source,
        quantity,
        xp
    from awards
    union all
    select
        cast(unlocked_at as date) as day,
        producer_id,
        'achievement' as source,
        count(*) as quantity,
        cast(sum(xp) as bigint) as xp
    from level_unlocks
    group by cast(unlocked_at as date), producer_id
)

select
    p.producer_id,
    p.day,
    'play' as source,
    p.plays as quantity,
    least(coalesce(r.daily_cap, p.plays * r.unit_xp), p.plays * r.unit_xp) as xp
from producer_plays as p
inner join day_rates as r on r.source = 'play' and p.day = r.day
union all
select
    producer_id,
    day,
    source,
    cast(sum(quantity) as bigint) as quantity,
    cast(sum(xp) as bigint) as xp
from awarded
group by producer_id, day, source
order by day, producer_id, source
