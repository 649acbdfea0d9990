-- From which day to which a producer's profile was filled in enough to share in plays.
select
    producer_id,
    profile_completion >= 80 as is_open,
    case when row_number() over dumps = 1 then date '2000-01-01' else dumped_on end as from_day,
    coalesce(lead(dumped_on) over dumps, date '2100-01-01') as until_day
from stg_producers
window dumps as (partition by producer_id order by dumped_on)
