-- Producers as each visible dump has them (specification, section 1: snapshots). Grain: one row per
-- (stamp, producer_id): of several rows with one key in a dump the later one wins, by the
-- order of files and then of rows.
select
    r.producer_id,
    r.display_name,
    r.joined_at,
    r.profile_completion,
    r.status,
    r.user_id,
    r.listed,
    f.stamp
from producer_rows as r
inner join export_files as f on r.file = f.file and f.entity = 'producers'
inner join visible_dumps as d on f.entity = d.entity and f.stamp = d.stamp
qualify
    row_number() over (
        partition by f.stamp, r.producer_id
        order by r.file desc, r.row desc
    ) = 1
