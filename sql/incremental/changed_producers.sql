-- Producers whose plays on some days are not what they were. Grain: one row per producer_id:
-- whoever earns or earned from a changed track, or from a track whose attribution changed.
select a.producer_id
from attribution as a
semi join changed_tracks as t on a.track_id = t.track_id
where a.producer_id is not null
union
select a.producer_id
from attribution_before as a
semi join changed_tracks as t on a.track_id = t.track_id
where a.producer_id is not null
union
select producer_id
from attribution_changes
where producer_id is not null
order by producer_id
