-- XP per producer, day and source.
select producer_id, day, 'play' as source, plays as quantity, plays as xp
from int_play_days
union all
select producer_id, day, 'upload' as source, uploads as quantity, 100 * uploads as xp
from int_upload_days
