-- Every producer with what it uploaded before a time. Grain: producer.
select
    producers.producer_id,
    producers.status,
    count(tracks.track_id) as uploads
from read_parquet($producers) as producers
left join read_parquet($tracks) as tracks
    on
        producers.producer_id = tracks.producer_id
        and tracks.status = 'published'
        and tracks.published_at < $as_of
group by all
