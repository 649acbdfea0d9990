-- Plays per track and day.
select
    track_id,
    day,
    count(*) as plays
from stg_plays
group by track_id, day
