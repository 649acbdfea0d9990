-- Plays of each producer between two times, from the export files alone. Grain: producer.
-- An id counts once a day, whichever files deliver it; the file's track of an id does not change.
-- Written for checking: it shares no code and no table with the product.
with plays as (
    select
        track_id,
        day,
        count(*) as plays
    from (
        select
            play_id,
            cast(played_at as date) as day,
            max(track_id) as track_id
        from read_parquet($plays)
        where play_id >= 1 and track_id >= 1 and played_at >= $from and played_at < $until
        group by all
    )
    group by all
),

profiles as (
    select
        producer_id,
        profile_completion,
        cast(parse_filename(filename, true) as date) as stamp
    from read_parquet($producers, filename = true)
),

first_profiles as (
    select
        producer_id,
        arg_min(profile_completion, stamp) as profile_completion
    from profiles
    group by all
),

known as (
    select producer_id
    from profiles
    where stamp = (select max(stamp) from profiles)
),

playable as (
    select
        track_id,
        producer_id
    from read_parquet($tracks)
    where status in ('published', 'removed')
),

own as (
    select
        producer_id,
        plays
    from plays
    join playable using (track_id)
),

shared as (
    select
        credits.producer_id,
        plays.day,
        sum(plays.plays) as plays
    from plays
    join playable using (track_id)
    join read_parquet($credits) as credits using (track_id)
    where
        credits.producer_id <> playable.producer_id
        and credits.credited_at < $as_of
        and cast(credits.credited_at as date) <= plays.day
    group by all
),

gated as (
    select
        shared.producer_id,
        shared.plays
    from shared
    join first_profiles using (producer_id)
    asof left join profiles
        on shared.producer_id = profiles.producer_id and shared.day >= profiles.stamp
    where coalesce(profiles.profile_completion, first_profiles.profile_completion) >= 80
)

select
    producer_id,
    cast(sum(plays) as bigint) as plays
from (from own union all from gated)
semi join known using (producer_id)
group by all
