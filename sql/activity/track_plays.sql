-- Valid plays by day and track (specification, section 2: valid play). Grain: one row per (day,
-- track_id) with any.
select
    cast(played_at as date) as day,
    track_id,
    count(*) as plays
from valid_plays
group by cast(played_at as date), track_id
