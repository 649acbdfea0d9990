-- Listeners whose plays of a track are self plays, where the rulebook does not count these. Grain:
-- one row per (track_id, listener_id): the uploader's and the current collaborators' own listener
-- ids (specification, section 2: valid play).
select
    t.track_id,
    p.user_id as listener_id
from tracks as t
inner join producers as p on t.producer_id = p.producer_id
cross join play_rules as r
where p.user_id is not null and not r.count_self_plays
union
select
    c.track_id,
    p.user_id as listener_id
from collaborators as c
inner join producers as p on c.producer_id = p.producer_id
cross join play_rules as r
where p.user_id is not null and not r.count_self_plays
order by track_id, listener_id
