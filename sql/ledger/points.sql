-- XP of producers on some days. Grain: one row per (day, producer_id, source), without naming the
-- source: `play_xp` is 0 for all but plays (specification, section 3: XP ledger).
-- `day_rates` has one row per day: what a play is worth, and the cap.
select
    p.day,
    p.producer_id,
    least(coalesce(r.daily_cap, p.plays * r.unit_xp), p.plays * r.unit_xp) as play_xp,
    least(coalesce(r.daily_cap, p.plays * r.unit_xp), p.plays * r.unit_xp) as xp
from producer_plays as p
inner join day_rates as r on r.source = 'play' and p.day = r.day
union all
select
    day,
    producer_id,
    cast(0 as bigint) as play_xp,
    xp
from awards
