-- What became of the plays of a producer's tracks. Grain: one row per export row (place, row).
-- `play_rows` are all export rows of these tracks, losers of re-deliveries included;
-- `replacements` says which row won where a play came more than once. The first reason that
-- applies is given, in the order in which the rules apply (specification, section 2: valid play,
-- play). `nth`, where there is a limit, is the play's place among its listener's plays of the track
-- and day that pass the other rules. It tells, and decides nothing: activity/counted_plays.sql,
-- activity/valid_plays.sql and activity/attribution.sql do.
with
described as (
    select
        p.place,
        p.row,
        cast(p.played_at as date) as day,
        p.track_id,
        p.played_at,
        p.play_id,
        p.listener_id,
        r.place as replaced_by_place,
        r.row as replaced_by_row,
        o.owner_id,
        t.is_known,
        t.is_draft,
        t.is_uploader,
        c.credited_at,
        h.profile_completion,
        h.stamp as profile_stamp,
        u.max_per_listener_track_day,
        u.play_min_profile_completion,
        p.played_at >= a.as_of as is_later,
        c.credited_at >= a.as_of as is_credited_later,
        coalesce(p.seconds_played, 0) < u.min_seconds as is_short
    from play_rows as p
    inner join their_tracks as t on p.track_id = t.track_id
    cross join parameters as a
    cross join rules as u
    left join replacements as r on p.place = r.lost_place and p.row = r.lost_row
    left join self_listeners as o on p.track_id = o.track_id and p.listener_id = o.listener_id
    left join their_credits as c on p.track_id = c.track_id
    left join profile as h on cast(p.played_at as date) = h.day
),

numbered as (
    select
        place,
        row,
        row_number() over (
            partition by track_id, day, listener_id order by played_at, play_id
        ) as nth
    from described
    where
        max_per_listener_track_day > 0
        and replaced_by_row is null
        and not is_short
        and owner_id is null
        and listener_id is not null
)

select
    d.place,
    d.row,
    d.replaced_by_place,
    d.replaced_by_row,
    d.owner_id,
    n.nth,
    d.credited_at,
    d.profile_completion,
    d.profile_stamp,
    case
        when d.replaced_by_row is not null then 'replaced'
        when d.is_later then 'not_yet'
        when not d.is_known then 'unknown_track'
        when d.is_draft then 'draft'
        when d.is_short then 'too_short'
        when d.owner_id is not null then 'self_play'
        when d.max_per_listener_track_day > 0 and n.nth > d.max_per_listener_track_day
            then 'over_limit'
        when d.is_uploader then 'counted'
        when d.is_credited_later then 'credit_not_yet'
        when cast(d.credited_at as date) > d.day then 'credited_later'
        when d.profile_completion < d.play_min_profile_completion then 'profile_incomplete'
        else 'counted'
    end as verdict
from described as d
left join numbered as n on d.place = n.place and d.row = n.row
order by d.place, d.row
