-- Dumps that a refresh sees (specification, section 1: snapshots). Grain: one row per (entity,
-- stamp): dumps up to as_of of which no file was rejected; the one with the greatest stamp is the
-- current one of its entity.
with
complete_dumps as (
    select
        f.entity,
        f.stamp
    from export_files as f
    cross join parameters as a
    where f.stamp is not null and f.stamp <= a.as_of
    group by f.entity, f.stamp
    having count(*) filter (where f.is_rejected) = 0
)

select
    entity,
    stamp,
    row_number() over (partition by entity order by stamp desc) = 1 as is_current
from complete_dumps
order by entity, stamp
