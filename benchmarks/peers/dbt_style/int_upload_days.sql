-- Uploads per producer and day.
select
    tracks.producer_id,
    tracks.published_at::date as day,
    count(*) as uploads
from stg_tracks as tracks
join int_producers_current as producers using (producer_id)
where tracks.status = 'published'
group by tracks.producer_id, tracks.published_at::date
