-- How profile completion changed from dump to dump. Grain: one row per (producer_id, stamp) at
-- which a producer's value differs from the one in the dump before that contains the producer.
-- A fold: `profile_history_before` covers the earlier dumps, `producers_over_time` has the rows of
-- the later ones alone, with their stamps. The rules start from nothing: all dumps are later ones.
with
stamped as (
    select
        producer_id,
        stamp,
        profile_completion,
        true as is_new
    from producers_over_time
),

last_known as (
    select
        producer_id,
        max(stamp) as stamp,
        arg_max(profile_completion, stamp) as profile_completion,
        false as is_new
    from profile_history_before
    group by producer_id
),

timeline as (
    select * from stamped
    union all
    select * from last_known
),

compared as (
    select
        producer_id,
        stamp,
        profile_completion,
        is_new,
        lag(profile_completion) over (partition by producer_id order by stamp) as previous
    from timeline
)

select
    producer_id,
    stamp,
    profile_completion
from profile_history_before
union all
select
    producer_id,
    stamp,
    profile_completion
from compared
where is_new and (previous is null or previous <> profile_completion)
order by producer_id, stamp
