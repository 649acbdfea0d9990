-- Tracks whose valid plays on some days are not what they were. Grain: one row per track_id.
-- Compared as a multiset of times: a corrected time touches a track like a new play does.
with
times as (
    select
        p.track_id,
        p.played_at,
        1 as plays
    from counted_plays as p
    cross join parameters as a
    where p.valid and p.played_at < a.as_of
    union all
    select
        w.track_id,
        w.played_at,
        -1 as plays
    from withdrawn_plays as w
    cross join parameters_before as b
    where w.valid and w.played_at < b.as_of
),

differences as (
    select track_id
    from times
    group by track_id, played_at
    having sum(plays) <> 0
)

select distinct track_id from differences
order by track_id
