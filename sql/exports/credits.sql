-- The rows of one dump of credits. Grain: one row per (track_id, producer_id).
-- The same key twice: the later row wins, by file and then by row (specification, section 1).
select
    track_id,
    producer_id,
    credited_at
from credits_delivered
qualify
    row_number() over (
        partition by track_id, producer_id order by file_order desc, row desc
    ) = 1
order by track_id, producer_id
