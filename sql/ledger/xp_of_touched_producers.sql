-- XP of touched producers on some days. Grain: one row per (day, producer_id).
with
points as (
    select
        p.day,
        p.producer_id,
        least(coalesce(r.daily_cap, p.plays * r.unit_xp), p.plays * r.unit_xp) as xp
    from producer_plays as p
    semi join touched_producers as t on p.producer_id = t.producer_id
    inner join day_rates as r on r.source = 'play' and p.day = r.day
    union all
    select
        w.day,
        w.producer_id,
        w.xp
    from awards as w
    semi join touched_producers as t on w.producer_id = t.producer_id
)

select
    day,
    producer_id,
    cast(sum(xp) as bigint) as xp
from points
group by day, producer_id
order by day, producer_id
