-- What one activity is worth (specification, section 3: xp.rates, xp.boosts). Grain: one row per
-- (source, day) with activity. The rate with the latest first day up to this one applies, times the
-- greatest percent of the boosts that cover the day, rounded down; 0 before the first rate.
-- `rates` has every source for the first day of every entry: 0 where an entry leaves one out.
with
days as (
    select distinct
        source,
        day
    from activity_days
),

rates_of_days as (
    select
        d.source,
        d.day,
        arg_max(r.xp, r.from_day) as xp
    from days as d
    left join rates as r on d.source = r.source and d.day >= r.from_day
    group by d.source, d.day
),

boosts_of_days as (
    select
        d.source,
        d.day,
        max(b.percent) as percent
    from days as d
    inner join boosts as b
        on d.source = b.source and d.day >= b.from_day and d.day < b.until_day
    group by d.source, d.day
)

select
    r.source,
    r.day,
    coalesce(r.xp, 0) * coalesce(b.percent, 100) // 100 as xp
from rates_of_days as r
left join boosts_of_days as b on r.source = b.source and r.day = b.day
order by r.source, r.day
