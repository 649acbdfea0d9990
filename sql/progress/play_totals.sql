-- Plays of each producer. Grain: one row per producer_id with at least one.
-- `play_totals_before` plus `producer_plays` minus `withdrawn_plays`.
with
counted as (
    select
        producer_id,
        plays
    from play_totals_before
    union all
    select
        producer_id,
        plays
    from producer_plays
    union all
    select
        producer_id,
        -plays as plays
    from withdrawn_plays
)

select
    producer_id,
    cast(sum(plays) as bigint) as plays
from counted
group by producer_id
having sum(plays) > 0
order by producer_id
