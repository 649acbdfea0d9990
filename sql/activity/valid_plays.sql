-- Plays that count: of a playable track, before as_of, and not against the [plays] rules, as
-- `counted_plays` says (specification, section 2: valid play). Grain: one row per play.
select
    p.track_id,
    p.played_at
from counted_plays as p
inner join tracks as t on p.track_id = t.track_id
cross join parameters as a
where p.valid and t.status in ('published', 'removed') and p.played_at < a.as_of
