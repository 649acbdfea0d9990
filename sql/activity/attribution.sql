-- Who earns a play of a track, on which days. Grain: one row per (track_id, producer_id, from_day)
-- with [from_day, until_day) (specification, section 2). Each known track has exactly one row that
-- covers all days: its uploader, or null if nobody earns as one. So a play without a match here is
-- a play of an unknown track. Collaborators' rows are disjoint, and never cover all days.
with
-- Before the first dump that has the producer, that dump's value holds.
completion_from as (
    select
        producer_id,
        date '0001-01-01' as from_day,
        arg_min(profile_completion, stamp) as profile_completion
    from profile_history
    group by producer_id
    union all
    select
        producer_id,
        cast(stamp as date) as from_day,
        arg_max(profile_completion, stamp) as profile_completion
    from profile_history
    group by producer_id, cast(stamp as date)
),

gate as (
    select
        c.producer_id,
        c.from_day,
        c.profile_completion >= r.play_min_profile_completion as is_open,
        lag(c.profile_completion >= r.play_min_profile_completion) over (
            partition by c.producer_id order by c.from_day
        ) as was_open
    from completion_from as c
    cross join collaboration_rule as r
),

gate_changes as (
    select
        producer_id,
        from_day,
        is_open,
        lead(from_day) over (partition by producer_id order by from_day) as until_day
    from gate
    where was_open is null or is_open <> was_open
)

select
    t.track_id,
    case when t.status in ('published', 'removed') then p.producer_id end as producer_id,
    date '0001-01-01' as from_day,
    date '9999-12-31' as until_day
from tracks as t
left join producers as p on t.producer_id = p.producer_id
union all
select
    t.track_id,
    c.producer_id,
    greatest(g.from_day, cast(c.credited_at as date)) as from_day,
    coalesce(g.until_day, date '9999-12-31') as until_day
from tracks as t
inner join collaborators as c on t.track_id = c.track_id
inner join gate_changes as g on c.producer_id = g.producer_id
where
    t.status in ('published', 'removed')
    and g.is_open
    and cast(c.credited_at as date) < coalesce(g.until_day, date '9999-12-31')
order by track_id, producer_id nulls first, from_day
