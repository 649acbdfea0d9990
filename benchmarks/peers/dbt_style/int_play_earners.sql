-- Who earns the plays of a track, from which day to which.
select
    tracks.track_id,
    tracks.producer_id,
    date '2000-01-01' as from_day,
    date '2100-01-01' as until_day
from stg_tracks as tracks
join int_producers_current as producers using (producer_id)
where tracks.status in ('published', 'removed')
union all
select
    tracks.track_id,
    credits.producer_id,
    greatest(gates.from_day, credits.credited_at::date) as from_day,
    gates.until_day
from stg_tracks as tracks
join stg_credits as credits using (track_id)
join int_profile_gates as gates on credits.producer_id = gates.producer_id
join int_producers_current as producers on credits.producer_id = producers.producer_id
where
    tracks.status in ('published', 'removed')
    and gates.is_open
    and credits.producer_id <> tracks.producer_id
