-- XP of each producer over all days, from plays and from everything. Grain: one row per
-- producer_id. `xp_sums_before` plus `points` minus `withdrawn_points`.
with
counted as (
    select
        producer_id,
        play_xp,
        xp
    from xp_sums_before
    union all
    select
        producer_id,
        play_xp,
        xp
    from points
    union all
    select
        producer_id,
        -play_xp as play_xp,
        -xp as xp
    from withdrawn_points
)

select
    producer_id,
    cast(sum(play_xp) as bigint) as play_xp,
    cast(sum(xp) as bigint) as xp
from counted
group by producer_id
order by producer_id
