-- Valid plays of each track. Grain: one row per track_id with at least one.
-- `track_totals_before` plus `track_plays` minus `withdrawn_plays`.
with
counted as (
    select
        track_id,
        plays
    from track_totals_before
    union all
    select
        track_id,
        plays
    from track_plays
    union all
    select
        track_id,
        -plays as plays
    from withdrawn_plays
)

select
    track_id,
    cast(sum(plays) as bigint) as plays
from counted
group by track_id
having sum(plays) > 0
order by track_id
