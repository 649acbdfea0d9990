-- Valid plays of touched tracks before some days: their totals less the plays of these days.
-- Grain: one row per touched track_id that had any by then.
with
counted as (
    select
        t.track_id,
        t.plays
    from track_totals as t
    semi join touched_tracks as o on t.track_id = o.track_id
    union all
    select
        track_id,
        -plays as plays
    from track_plays
)

select
    track_id,
    cast(sum(plays) as bigint) as plays
from counted
group by track_id
having sum(plays) > 0
order by track_id
