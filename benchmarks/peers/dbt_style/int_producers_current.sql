-- The producers of the last dump.
select
    producer_id,
    display_name,
    status
from stg_producers
where dumped_on = getvariable('stamp')::date
