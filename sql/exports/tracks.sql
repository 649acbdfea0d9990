-- Tracks of the current dump (specification, section 1: snapshots). Grain: one row per track_id,
-- with a flag for each metadata field, which says whether it is filled: not null and not blank
-- (text), a list with at least one element that is not blank, above 0 (number); reading the export
-- file decides it (specification, section 2: metadata).
select
    t.track_id,
    t.producer_id,
    t.status,
    t.published_at,
    t.updated_at,
    t.artwork,
    t.description,
    t.genres,
    t.tags,
    t.bpm,
    t.musical_key,
    t.scale,
    t.collection
from tracks_over_time as t
inner join visible_dumps as d on t.stamp = d.stamp and d.entity = 'tracks'
where d.is_current
order by t.track_id
