-- Producers of the current dump (specification, section 1: snapshots). Grain: one row per
-- producer_id.
select
    t.producer_id,
    t.display_name,
    t.joined_at,
    t.profile_completion,
    t.status,
    t.user_id,
    t.listed
from producers_over_time as t
inner join visible_dumps as d on t.stamp = d.stamp and d.entity = 'producers'
where d.is_current
order by t.producer_id
