-- Plays that count for each producer. Grain: one row per (day, producer_id)
-- (specification, section 2: play).
with
track_days as (
    select
        p.track_id,
        cast(p.played_at as date) as day,
        count(*) as plays
    from counted_plays as p
    cross join parameters as a
    where p.valid and p.played_at < a.as_of
    group by p.track_id, cast(p.played_at as date)
)

select
    d.day,
    a.producer_id,
    cast(sum(d.plays) as bigint) as plays
from track_days as d
inner join attribution as a
    on d.track_id = a.track_id and d.day >= a.from_day and d.day < a.until_day
group by d.day, a.producer_id
order by d.day, a.producer_id
