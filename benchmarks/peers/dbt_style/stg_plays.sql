-- One row per play: of a play that came again, the row of the last file.
select
    play_id,
    track_id,
    played_at::date as day
from read_parquet(getvariable('exports') || '/plays/*.parquet', filename = true)
where track_id >= 1
qualify row_number() over (
    partition by play_id, played_at::date
    order by filename desc, file_row_number desc
) = 1
