-- The bare script: one DuckDB connection, from the same export files to bare totals.
-- Left out: validation, rejects, duplicates reported, corrections (a later row that wins), unlocks,
-- level-ups, level achievements, caps and boosts, exact times, guards, atomic publication, and
-- doing less when little changed.
create temp table track_days as
select
    cast(played_at as date) as day,
    track_id,
    count(distinct play_id) as plays
from read_parquet(getvariable('exports') || '/plays/*.parquet')
group by all;

create temp table producers as
from read_parquet(getvariable('exports') || '/producers/' || getvariable('stamp') || '.parquet');

create temp table tracks as
from read_parquet(getvariable('exports') || '/tracks/' || getvariable('stamp') || '.parquet');

create temp table credits as
from read_parquet(getvariable('exports') || '/credits/' || getvariable('stamp') || '.parquet');

create temp table gates as
select
    producer_id,
    profile_completion >= 80 as is_open,
    case when row_number() over w = 1 then date '2000-01-01' else stamp end as from_day,
    coalesce(lead(stamp) over w, date '2100-01-01') as until_day
from (
    select
        producer_id,
        profile_completion,
        cast(parse_filename(filename, true) as date) as stamp
    from read_parquet(getvariable('exports') || '/producers/*.parquet', filename = true)
)
window w as (partition by producer_id order by stamp);

create temp table play_days as
select
    e.producer_id,
    d.day,
    sum(d.plays)::bigint as plays
from track_days as d
join (
    select
        t.track_id,
        t.producer_id,
        date '2000-01-01' as from_day,
        date '2100-01-01' as until_day
    from tracks as t
    join producers as p using (producer_id)
    where t.status in ('published', 'removed')
    union all
    select
        t.track_id,
        c.producer_id,
        greatest(g.from_day, c.credited_at::date) as from_day,
        g.until_day
    from tracks as t
    join credits as c using (track_id)
    join gates as g on c.producer_id = g.producer_id
    where t.status in ('published', 'removed') and g.is_open and c.producer_id <> t.producer_id
) as e on d.track_id = e.track_id and d.day >= e.from_day and d.day < e.until_day
group by all;

create temp table ledger as
select producer_id, day, 'play' as source, plays as quantity, plays as xp
from play_days
union all
select producer_id, published_at::date as day, 'upload' as source, count(*) as quantity,
    100 * count(*) as xp
from tracks
where status = 'published'
group by all;

copy ledger to (getvariable('output') || '/ledger.parquet') (compression zstd);

copy (
    with totals as (
        select
            producer_id,
            sum(xp)::bigint as points,
            coalesce(sum(quantity) filter (where source = 'play'), 0)::bigint as plays,
            coalesce(sum(quantity) filter (where source = 'upload'), 0)::bigint as uploads
        from ledger
        join producers using (producer_id)
        where status = 'active'
        group by all
    ),
    scores as (unpivot totals on points, plays, uploads into name category value score)
    select category, rank() over (partition by category order by score desc) as rank, producer_id,
        score
    from scores
    where score > 0
    order by category, rank, producer_id
) to (getvariable('output') || '/leaderboard.parquet') (compression zstd);
