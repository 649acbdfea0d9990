-- The tracks of the last dump.
select
    track_id,
    producer_id,
    title,
    status,
    published_at
from read_parquet(getvariable('exports') || '/tracks/*.parquet', filename = true)
where parse_filename(filename, true) = getvariable('stamp')
