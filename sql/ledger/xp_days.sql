-- XP of each producer and day, from all sources. Grain: one row per (day, producer_id).
with
points as (
    select
        p.day,
        p.producer_id,
        least(coalesce(r.daily_cap, p.plays * r.unit_xp), p.plays * r.unit_xp) as xp
    from producer_plays as p
    inner join day_rates as r on r.source = 'play' and p.day = r.day
    union all
    select
        day,
        producer_id,
        xp
    from awards
)

select
    day,
    producer_id,
    cast(sum(xp) as bigint) as xp
from points
group by day, producer_id
order by day, producer_id
