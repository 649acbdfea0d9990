-- The credits of the last dump.
select
    track_id,
    producer_id,
    credited_at
from read_parquet(getvariable('exports') || '/credits/*.parquet', filename = true)
where parse_filename(filename, true) = getvariable('stamp')
