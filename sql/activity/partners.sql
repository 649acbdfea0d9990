-- Who has worked with whom, and since when. Grain: one row per (producer_id, partner_id), in both
-- directions (specification, section 2: partner). Two members of a track are partners from the
-- later of their two times on it; the uploader's time is the earliest collaborator's, so this is
-- also right for uploader and collaborator.
select
    a.producer_id,
    b.producer_id as partner_id,
    min(greatest(a.collaborated_at, b.collaborated_at)) as since
from collaborations as a
inner join collaborations as b on a.track_id = b.track_id and a.producer_id <> b.producer_id
group by a.producer_id, b.producer_id
order by a.producer_id, partner_id
