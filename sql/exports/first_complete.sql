-- When a track's metadata was first seen complete. Grain: one row per track that was complete in
-- at least one visible dump; `updated_at` is the one written in the earliest such dump
-- (specification, section 2: metadata). Complete is what `metadata_completions` says of the current
-- dump: the same fields and percent. `metadata_rule` has 1 for each field that counts.
-- A fold: `first_complete_before` covers the earlier dumps, `tracks_over_time` has the rows of the
-- later ones alone, with their stamps. The rules start from nothing: all dumps are later ones.
with
filled as (
    select
        r.track_id,
        r.updated_at,
        r.stamp,
        case when r.artwork then m.artwork else 0 end
        + case when r.description then m.description else 0 end
        + case when r.genres then m.genres else 0 end
        + case when r.tags then m.tags else 0 end
        + case when r.bpm then m.bpm else 0 end
        + case when r.musical_key then m.musical_key else 0 end
        + case when r.scale then m.scale else 0 end
        + case when r.collection then m.collection else 0 end as filled_fields,
        m.fields,
        m.complete_at_percent
    from tracks_over_time as r
    cross join metadata_rule as m
),

complete as (
    select
        track_id,
        arg_min(updated_at, stamp) as updated_at
    from filled
    where 100 * filled_fields >= complete_at_percent * fields
    group by track_id
)

select
    track_id,
    updated_at
from first_complete_before
union all
select
    c.track_id,
    c.updated_at
from complete as c
anti join first_complete_before as b on c.track_id = b.track_id
order by track_id
