-- Plays per producer and day.
select
    earners.producer_id,
    track_days.day,
    sum(track_days.plays)::bigint as plays
from int_track_days as track_days
join int_play_earners as earners
    on
        track_days.track_id = earners.track_id
        and track_days.day >= earners.from_day
        and track_days.day < earners.until_day
group by earners.producer_id, track_days.day
