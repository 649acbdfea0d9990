-- Credits of the current dump (specification, section 1: snapshots). Grain: one row per
-- (track_id, producer_id).
select
    t.track_id,
    t.producer_id,
    t.credited_at
from credits_over_time as t
inner join visible_dumps as d on t.stamp = d.stamp and d.entity = 'credits'
where d.is_current
order by t.track_id, t.producer_id
