-- The tables and views of the PostgreSQL peer. Dumps are loaded whole, plays as they come.
create table producers (
    stamp date not null,
    producer_id bigint not null,
    display_name text not null,
    status text not null,
    profile_completion smallint not null,
    primary key (producer_id, stamp)
);

create table tracks (
    track_id bigint primary key,
    producer_id bigint not null,
    title text not null,
    status text not null,
    published_at timestamp
);

create table credits (
    track_id bigint not null,
    producer_id bigint not null,
    credited_at timestamp not null,
    primary key (track_id, producer_id)
);

create unlogged table new_plays (
    position bigint generated always as identity,
    play_id bigint,
    track_id bigint,
    played_at timestamp,
    listener_id bigint,
    seconds_played integer
);

create table plays (
    play_id bigint not null,
    day date not null,
    track_id bigint not null,
    played_at timestamp not null,
    listener_id bigint,
    seconds_played integer
);

create view current_producers as
select producer_id, display_name, status
from producers
where stamp = (select max(stamp) from producers);

create view play_earners as
select t.track_id, t.producer_id, date '2000-01-01' as from_day, date '2100-01-01' as until_day
from tracks as t
join current_producers using (producer_id)
where t.status in ('published', 'removed')
union all
select t.track_id, c.producer_id, greatest(g.from_day, c.credited_at::date), g.until_day
from tracks as t
join credits as c using (track_id)
join current_producers as p on c.producer_id = p.producer_id
join (
    select
        producer_id,
        profile_completion >= 80 as is_open,
        case when row_number() over w = 1 then date '2000-01-01' else stamp end as from_day,
        coalesce(lead(stamp) over w, date '2100-01-01') as until_day
    from producers
    window w as (partition by producer_id order by stamp)
) as g on c.producer_id = g.producer_id
where t.status in ('published', 'removed') and g.is_open and c.producer_id <> t.producer_id;

-- What the boards add up; made first, so that each board need not go through all plays again.
create materialized view ledger as
select producer_id, day, 'play' as source, sum(plays)::bigint as quantity,
    sum(plays)::bigint as xp
from (select track_id, day, count(*) as plays from plays group by track_id, day) as track_days
join play_earners using (track_id)
where day >= from_day and day < until_day
group by producer_id, day
union all
select producer_id, published_at::date, 'upload', count(*), 100 * count(*)
from tracks
join current_producers using (producer_id)
where tracks.status = 'published'
group by producer_id, published_at::date
with no data;
create unique index on ledger (producer_id, day, source);

create materialized view board_plays as
select rank() over (order by sum(quantity) desc) as rank, producer_id,
    sum(quantity)::bigint as score
from ledger
join current_producers using (producer_id)
where status = 'active' and source = 'play'
group by producer_id
with no data;
create unique index on board_plays (producer_id);
create index on board_plays (rank, producer_id);

create materialized view board_uploads as
select rank() over (order by sum(quantity) desc) as rank, producer_id,
    sum(quantity)::bigint as score
from ledger
join current_producers using (producer_id)
where status = 'active' and source = 'upload'
group by producer_id
with no data;
create unique index on board_uploads (producer_id);
create index on board_uploads (rank, producer_id);

create materialized view board_points as
select rank() over (order by sum(xp) desc) as rank, producer_id, sum(xp)::bigint as score
from ledger
join current_producers using (producer_id)
where status = 'active'
group by producer_id
with no data;
create unique index on board_points (producer_id);
create index on board_points (rank, producer_id);
