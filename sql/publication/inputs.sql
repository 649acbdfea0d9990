-- What happened to the rows of each entity (specification, section 5: inputs). Grain: one row per
-- entity, also without a file. Rows of files that were rejected whole count nowhere; what is
-- neither rejected nor in force was replaced by a later row.
with
delivered as (
    select
        entity,
        count(*) as files,
        count(*) filter (where is_rejected) as rejected_files,
        coalesce(sum(rows_read) filter (where not is_rejected), 0) as rows_read,
        coalesce(sum(rejected) filter (where not is_rejected), 0) as rejected
    from export_files
    group by entity
),

counted as (
    select
        e.entity,
        coalesce(d.files, 0) as files,
        coalesce(d.rejected_files, 0) as rejected_files,
        coalesce(d.rows_read, 0) as rows_read,
        coalesce(a.accepted, 0) as accepted,
        coalesce(d.rejected, 0) as rejected
    from entities as e
    left join delivered as d on e.entity = d.entity
    left join accepted_rows as a on e.entity = a.entity
),

unknown as (
    select
        entity,
        unmatched
    from unmatched
    union all
    select
        entity,
        unmatched
    from unmatched_plays
)

select
    c.entity,
    c.files,
    c.rejected_files,
    cast(c.rows_read as bigint) as rows_read,
    c.accepted,
    cast(c.rows_read - c.rejected - c.accepted as bigint) as duplicates,
    cast(c.rejected as bigint) as rejected,
    coalesce(u.unmatched, 0) as unmatched
from counted as c
left join unknown as u on c.entity = u.entity
order by c.entity
