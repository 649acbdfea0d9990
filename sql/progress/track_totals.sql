-- Valid plays of each track. Grain: one row per track_id with at least one.
-- `track_totals_before` plus the plays of `counted_plays` minus those of `withdrawn_plays`.
with
counted as (
    select
        track_id,
        plays
    from track_totals_before
    union all
    select
        p.track_id,
        count(*) as plays
    from counted_plays as p
    cross join parameters as a
    where p.valid and p.played_at < a.as_of
    group by p.track_id
    union all
    select
        w.track_id,
        -count(*) as plays
    from withdrawn_plays as w
    cross join parameters_before as b
    where w.valid and w.played_at < b.as_of
    group by w.track_id
)

select
    track_id,
    cast(sum(plays) as bigint) as plays
from counted
group by track_id
having sum(plays) > 0
order by track_id
