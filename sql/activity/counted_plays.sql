-- Delivered plays, valid or not, with the verdict of the rulebook's [plays] rules. Grain: one row
-- per play; a play_id stands once in a day (specification, section 2: valid play). A refresh makes
-- it for some days at a time: none has a say in another. `deduplicated_plays` are the plays after
-- re-deliveries and corrections. Whether the track is playable, and as_of, are applied later:
-- neither changes a verdict.
with
judged as (
    select
        p.play_id,
        p.track_id,
        p.played_at,
        p.listener_id,
        r.max_per_listener_track_day,
        coalesce(p.seconds_played, 0) >= r.min_seconds and s.track_id is null as passes
    from deduplicated_plays as p
    cross join play_rules as r
    left join self_listeners as s
        on p.track_id = s.track_id and p.listener_id = s.listener_id
),

limited as (
    select
        track_id,
        played_at,
        row_number() over (
            partition by listener_id, track_id, cast(played_at as date)
            order by played_at, play_id
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
