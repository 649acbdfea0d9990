-- The plays of touched tracks on some days. Grain: one row per play.
select
    p.track_id,
    p.played_at,
    p.valid
from counted_plays as p
semi join touched_tracks as o on p.track_id = o.track_id
order by p.track_id, p.played_at, p.valid
