-- Live tracks whose metadata is complete, and since when. Grain: one row per track_id.
-- Complete in the current dump, at the later of its published_at and the updated_at of the earliest
-- dump in which it was complete (specification, section 2: metadata).
select
    u.producer_id,
    u.track_id,
    greatest(u.uploaded_at, f.updated_at) as completed_at
from uploads as u
inner join first_complete as f on u.track_id = f.track_id
cross join parameters as a
cross join metadata_rule as m
where
    100 * u.filled_fields >= m.complete_at_percent * m.fields
    and f.updated_at < a.as_of
order by u.producer_id, u.track_id
