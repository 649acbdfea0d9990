-- Collaborations on live tracks. Grain: one row per (track_id, producer_id): each collaborator,
-- at the later of the credit and the upload, and the uploader once, with the earliest of them
-- (specification, section 2: collaboration).
with
members as (
    select
        t.track_id,
        t.producer_id as uploader_id,
        c.producer_id,
        greatest(t.published_at, c.credited_at) as collaborated_at
    from tracks as t
    inner join collaborators as c on t.track_id = c.track_id
    cross join parameters as a
    where t.status = 'published' and t.published_at < a.as_of
)

select
    producer_id,
    track_id,
    collaborated_at
from members
union all
select
    m.uploader_id as producer_id,
    m.track_id,
    min(m.collaborated_at) as collaborated_at
from members as m
inner join producers as p on m.uploader_id = p.producer_id
group by m.uploader_id, m.track_id
order by producer_id, track_id
