-- Credits as each visible dump has them (specification, section 1: snapshots). Grain: one row per
-- (stamp, track_id, producer_id): of several rows with one key in a dump the later one wins, by the
-- order of files and then of rows.
select
    r.track_id,
    r.producer_id,
    r.credited_at,
    f.stamp
from credit_rows as r
inner join export_files as f on r.file = f.file and f.entity = 'credits'
inner join visible_dumps as d on f.entity = d.entity and f.stamp = d.stamp
qualify
    row_number() over (
        partition by f.stamp, r.track_id, r.producer_id
        order by r.file desc, r.row desc
    ) = 1
