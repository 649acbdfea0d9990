-- Plays of touched producers before some days: their totals less the plays of these days.
-- Grain: one row per touched producer_id that had any by then.
with
counted as (
    select
        t.producer_id,
        t.plays
    from play_totals as t
    semi join touched_producers as o on t.producer_id = o.producer_id
    union all
    select
        producer_id,
        -plays as plays
    from producer_plays
)

select
    producer_id,
    cast(sum(plays) as bigint) as plays
from counted
group by producer_id
having sum(plays) > 0
order by producer_id
