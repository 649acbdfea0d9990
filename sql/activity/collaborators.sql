-- Who collaborated on a track. Grain: one row per (track_id, producer_id).
-- Credited before as_of, a known producer, and not the uploader (specification, section 2).
select
    c.track_id,
    c.producer_id,
    c.credited_at
from credits as c
inner join tracks as t on c.track_id = t.track_id
inner join producers as p on c.producer_id = p.producer_id
cross join parameters as a
where c.credited_at < a.as_of and c.producer_id <> t.producer_id
order by c.track_id, c.producer_id
