-- Listeners whose plays of a track are self plays. Grain: one row per (track_id, listener_id).
-- The uploader's and the current collaborators' own listener ids (specification, section 2).
select
    t.track_id,
    p.user_id as listener_id
from tracks as t
inner join producers as p on t.producer_id = p.producer_id
where p.user_id is not null
union
select
    c.track_id,
    p.user_id as listener_id
from collaborators as c
inner join producers as p on c.producer_id = p.producer_id
where p.user_id is not null
order by track_id, listener_id
