-- How much of each activity there was (specification, section 3: XP ledger). Grain: one row per
-- (producer_id, day, source) with any, for the four sources that have rates.
select
    producer_id,
    cast(uploaded_at as date) as day,
    'upload' as source,
    count(*) as quantity
from uploads
group by producer_id, cast(uploaded_at as date)
union all
select
    producer_id,
    day,
    'play' as source,
    plays as quantity
from producer_plays
union all
select
    producer_id,
    cast(completed_at as date) as day,
    'metadata' as source,
    count(*) as quantity
from metadata_completions
group by producer_id, cast(completed_at as date)
union all
select
    producer_id,
    cast(collaborated_at as date) as day,
    'collaboration' as source,
    count(*) as quantity
from collaborations
group by producer_id, cast(collaborated_at as date)
