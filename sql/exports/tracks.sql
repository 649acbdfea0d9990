-- The rows of one dump of tracks. Grain: one row per track_id.
-- The same key twice: the later row wins, by file and then by row (specification, section 1).
-- Each metadata field is a flag here: filled or not.
select
    track_id,
    producer_id,
    title,
    status,
    published_at,
    updated_at,
    artwork,
    description,
    genres,
    tags,
    bpm,
    musical_key,
    scale,
    collection
from tracks_delivered
qualify row_number() over (partition by track_id order by file_order desc, row desc) = 1
order by track_id
