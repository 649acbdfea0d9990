-- Where two versions of the attribution differ. Grain: one row per (track_id, producer_id,
-- from_day) with [from_day, until_day) in which only one of them lets the producer earn, or, with
-- a null producer, a track that only one of them knows, on every day.
with
gone as (
    select
        track_id,
        producer_id,
        from_day,
        until_day
    from attribution_before
    except
    select
        track_id,
        producer_id,
        from_day,
        until_day
    from attribution
),

come as (
    select
        track_id,
        producer_id,
        from_day,
        until_day
    from attribution
    except
    select
        track_id,
        producer_id,
        from_day,
        until_day
    from attribution_before
),

changed as (
    select * from gone
    union all
    select * from come
),

bounds as (
    select
        track_id,
        producer_id,
        from_day as day
    from changed
    where producer_id is not null
    union
    select
        track_id,
        producer_id,
        until_day as day
    from changed
    where producer_id is not null
),

segments as (
    select
        track_id,
        producer_id,
        day as from_day,
        lead(day) over (partition by track_id, producer_id order by day) as until_day
    from bounds
),

covered as (
    select
        s.track_id,
        s.producer_id,
        s.from_day,
        s.until_day,
        count(g.track_id) as before,
        count(c.track_id) as after
    from segments as s
    left join gone as g
        on
            s.track_id = g.track_id
            and s.producer_id = g.producer_id
            and s.from_day >= g.from_day
            and s.until_day <= g.until_day
    left join come as c
        on
            s.track_id = c.track_id
            and s.producer_id = c.producer_id
            and s.from_day >= c.from_day
            and s.until_day <= c.until_day
    where s.until_day is not null
    group by s.track_id, s.producer_id, s.from_day, s.until_day
),

known_before as (
    select distinct b.track_id from attribution_before as b
    semi join changed as c on b.track_id = c.track_id
),

known_after as (
    select distinct a.track_id from attribution as a
    semi join changed as c on a.track_id = c.track_id
)

select
    track_id,
    producer_id,
    from_day,
    until_day
from covered
where (before > 0) <> (after > 0)
union all
select
    coalesce(b.track_id, a.track_id) as track_id,
    cast(null as bigint) as producer_id,
    date '0001-01-01' as from_day,
    date '9999-12-31' as until_day
from known_before as b
full join known_after as a on b.track_id = a.track_id
where b.track_id is null or a.track_id is null
order by track_id, producer_id nulls first, from_day
