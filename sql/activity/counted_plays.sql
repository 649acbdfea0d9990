-- The plays of some days after re-deliveries and corrections, each with the verdict of the
-- rulebook's [plays] rules. Grain: one row per (play_id, day) (specification, sections 1 and 2).
-- Whether the track is playable, and as_of, are applied later: neither changes a verdict.
with
delivered as (
    select
        r.play_id,
        r.track_id,
        r.played_at,
        r.listener_id,
        coalesce(r.seconds_played, 0) as seconds_played,
        r.file_order,
        r.row,
        cast(r.played_at as date) as day
    from plays_delivered as r
    semi join days as d on cast(r.played_at as date) = d.day
),

-- Few plays come twice: only these are put in order.
repeated as (
    select
        play_id,
        day
    from delivered
    group by play_id, day
    having count(*) > 1
),

winners as (
    select
        d.play_id,
        d.track_id,
        d.played_at,
        d.listener_id,
        d.seconds_played,
        d.day
    from delivered as d
    anti join repeated as r on d.play_id = r.play_id and d.day = r.day
    union all
    select
        d.play_id,
        d.track_id,
        d.played_at,
        d.listener_id,
        d.seconds_played,
        d.day
    from delivered as d
    semi join repeated as r on d.play_id = r.play_id and d.day = r.day
    qualify row_number() over (
        partition by d.play_id, d.day order by d.file_order desc, d.row desc
    ) = 1
),

judged as (
    select
        w.play_id,
        w.track_id,
        w.played_at,
        w.listener_id,
        w.day,
        r.max_per_listener_track_day,
        w.seconds_played >= r.min_seconds and s.track_id is null as passes
    from winners as w
    cross join play_rules as r
    left join self_listeners as s
        on w.track_id = s.track_id and w.listener_id = s.listener_id
),

limited as (
    select
        track_id,
        played_at,
        row_number() over (
            partition by listener_id, track_id, day order by played_at, play_id
        ) <= max_per_listener_track_day as valid
    from judged
    where passes and listener_id is not null and max_per_listener_track_day > 0
)

select
    track_id,
    played_at,
    passes as valid
from judged
where not passes or listener_id is null or max_per_listener_track_day = 0
union all
select
    track_id,
    played_at,
    valid
from limited
order by track_id, played_at, valid
