-- Live tracks of known uploaders. Grain: one row per track_id, with the number of its metadata
-- fields that are filled (specification, section 2: upload; section 4: quality).
select
    t.producer_id,
    t.track_id,
    t.published_at as uploaded_at,
    cast(
        case when t.artwork then m.artwork else 0 end
        + case when t.description then m.description else 0 end
        + case when t.genres then m.genres else 0 end
        + case when t.tags then m.tags else 0 end
        + case when t.bpm then m.bpm else 0 end
        + case when t.musical_key then m.musical_key else 0 end
        + case when t.scale then m.scale else 0 end
        + case when t.collection then m.collection else 0 end as bigint
    ) as filled_fields
from tracks as t
inner join producers as p on t.producer_id = p.producer_id
cross join parameters as a
cross join metadata_rule as m
where t.status = 'published' and t.published_at < a.as_of
order by t.producer_id, t.track_id
