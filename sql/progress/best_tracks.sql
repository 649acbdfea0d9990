-- The most valid plays of one playable track (specification, section 5: best_track_plays). Grain:
-- one row per producer_id who uploaded a track that has any.
with
track_totals as (
    select
        track_id,
        cast(sum(plays) as bigint) as plays
    from track_plays
    group by track_id
)

select
    t.producer_id,
    max(s.plays) as plays
from track_totals as s
inner join tracks as t on s.track_id = t.track_id
inner join producers as p on t.producer_id = p.producer_id
group by t.producer_id
order by t.producer_id
