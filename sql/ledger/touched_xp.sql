-- Producers whose XP of some days is not what it was. Grain: one row per producer_id.
with
differences as (
    select
        producer_id,
        day,
        xp
    from points
    union all
    select
        producer_id,
        day,
        -xp as xp
    from withdrawn_points
),

changed as (
    select producer_id
    from differences
    group by producer_id, day
    having sum(xp) <> 0
)

select distinct producer_id from changed
order by producer_id
