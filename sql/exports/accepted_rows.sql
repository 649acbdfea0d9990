-- Rows that are in force: valid, and not replaced by a later row with the same identity, whether
-- their dump is visible or not (specification, section 1: nothing is ever dropped). Grain: one row
-- per entity; a dump's entity without any row may have none.
with
identities as (
    select distinct
        'producers' as entity,
        f.stamp,
        r.producer_id as id,
        r.producer_id as other_id
    from producer_rows as r
    inner join export_files as f on r.file = f.file and f.entity = 'producers'
    union all
    select distinct
        'tracks' as entity,
        f.stamp,
        r.track_id as id,
        r.track_id as other_id
    from track_rows as r
    inner join export_files as f on r.file = f.file and f.entity = 'tracks'
    union all
    select distinct
        'credits' as entity,
        f.stamp,
        r.track_id as id,
        r.producer_id as other_id
    from credit_rows as r
    inner join export_files as f on r.file = f.file and f.entity = 'credits'
)

select
    entity,
    count(*) as accepted
from identities
group by entity
union all
select
    'plays' as entity,
    count(*) as accepted
from counted_plays
union all
select
    'earnings' as entity,
    count(*) as accepted
from earnings
union all
select
    'grants' as entity,
    count(*) as accepted
from grants
union all
select
    'adjustments' as entity,
    count(*) as accepted
from adjustments
order by entity
