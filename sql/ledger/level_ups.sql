-- When producers first reached each level (specification, section 3: XP ledger). Grain: one row per
-- (producer_id, level) above level 1: the first day at whose end the sum of the ledger was enough.
-- A later fall does not erase it.
with
days as (
    select
        producer_id,
        day,
        sum(xp) as xp
    from ledger_before_levels
    group by producer_id, day
),

running as (
    select
        producer_id,
        day,
        cast(sum(xp) over (
            partition by producer_id order by day
            rows between unbounded preceding and current row
        ) as bigint) as xp
    from days
)

select
    r.producer_id,
    l.level,
    min(r.day) as reached_on
from running as r
inner join levels as l on l.level > 1 and r.xp >= l.min_xp
group by r.producer_id, l.level
order by r.producer_id, l.level
