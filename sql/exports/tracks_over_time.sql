-- Tracks as each visible dump has them (specification, section 1: snapshots). Grain: one row per
-- (stamp, track_id): of several rows with one key in a dump the later one wins, by the
-- order of files and then of rows.
select
    r.track_id,
    r.producer_id,
    r.status,
    r.published_at,
    r.updated_at,
    r.artwork,
    r.description,
    r.genres,
    r.tags,
    r.bpm,
    r.musical_key,
    r.scale,
    r.collection,
    f.stamp
from track_rows as r
inner join export_files as f on r.file = f.file and f.entity = 'tracks'
inner join visible_dumps as d on f.entity = d.entity and f.stamp = d.stamp
qualify
    row_number() over (
        partition by f.stamp, r.track_id
        order by r.file desc, r.row desc
    ) = 1
