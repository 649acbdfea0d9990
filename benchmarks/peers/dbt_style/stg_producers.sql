-- One row per producer and dump.
select
    producer_id,
    display_name,
    status,
    profile_completion,
    parse_filename(filename, true)::date as dumped_on
from read_parquet(getvariable('exports') || '/producers/*.parquet', filename = true)
