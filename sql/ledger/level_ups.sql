-- Levels that producers reach within a batch of days. Grain: one row per (producer_id, level):
-- the first day at whose end the ledger's sum is at least the level's min_xp; a later fall does
-- not erase it (specification, section 3: XP ledger).
-- `points` holds the batch, `xp_sums` what was earned before it, `level_ups_before` the levels
-- reached by then.
with
gains as (
    select
        producer_id,
        cast(sum(greatest(xp, 0)) as bigint) as gain
    from points
    group by producer_id
),

-- An upper bound first: hardly anyone reaches a level in a given batch.
candidates as (
    select
        g.producer_id,
        l.level,
        l.min_xp,
        coalesce(b.xp, 0) as xp_before
    from gains as g
    left join xp_sums as b on g.producer_id = b.producer_id
    inner join levels as l on l.level > 1 and coalesce(b.xp, 0) + g.gain >= l.min_xp
    anti join level_ups_before as u on g.producer_id = u.producer_id and l.level = u.level
),

-- By range: all points of a day belong to the sum at its end.
running as (
    select
        p.producer_id,
        p.day,
        cast(sum(p.xp) over (
            partition by p.producer_id order by p.day
            range between unbounded preceding and current row
        ) as bigint) as xp_so_far
    from points as p
    semi join candidates as c on p.producer_id = c.producer_id
)

select
    c.producer_id,
    c.level,
    min(r.day) as reached_on
from candidates as c
inner join running as r
    on c.producer_id = r.producer_id and c.xp_before + r.xp_so_far >= c.min_xp
group by c.producer_id, c.level
order by c.producer_id, c.level
