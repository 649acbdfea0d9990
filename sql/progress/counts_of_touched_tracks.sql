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
        p.track_id,
        -count(*) as plays
    from counted_plays as p
    semi join touched_tracks as o on p.track_id = o.track_id
    cross join parameters as a
    where p.valid and p.played_at < a.as_of
    group by p.track_id
)

select
    track_id,
    cast(sum(plays) as bigint) as plays
from counted
group by track_id
having sum(plays) > 0
order by track_id
