-- Plays after re-deliveries and corrections, those from as_of on included (specification,
-- section 1: events). Grain: one row per (play_id, day of played_at): the later row wins, by the
-- order of files and then of rows.
select
    play_id,
    track_id,
    played_at,
    listener_id,
    seconds_played
from play_rows
qualify
    row_number() over (
        partition by play_id, cast(played_at as date)
        order by file desc, row desc
    ) = 1
