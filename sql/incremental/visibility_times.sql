-- The last time before as_of and the first one from as_of on at which the dumps' activity
-- changes by itself, since something dated becomes visible. Grain: one row.
with
moments as (
    select published_at as moment from tracks
    union all
    select credited_at as moment from credits
    union all
    select updated_at as moment from first_complete
    union all
    select joined_at as moment from producers
)

select
    max(m.moment) filter (where m.moment < a.as_of) as last_before,
    min(m.moment) filter (where m.moment >= a.as_of) as next_from
from moments as m
cross join parameters as a
