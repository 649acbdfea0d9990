-- Plays of tracks that are not in the current dump (specification, section 1: unmatched). Grain:
-- one row.
select
    'plays' as entity,
    count(*) as unmatched
from counted_plays as p
cross join parameters as a
anti join tracks as t on p.track_id = t.track_id
where p.played_at < a.as_of
