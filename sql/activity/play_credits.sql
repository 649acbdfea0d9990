-- Whom a play counts for (specification, section 2: play). Grain: one row per valid play and
-- producer: the uploader, and each collaborator who earns on its day.
select
    a.producer_id,
    p.track_id,
    p.played_at
from valid_plays as p
inner join attribution as a
    on
        p.track_id = a.track_id
        and cast(p.played_at as date) >= a.from_day
        and cast(p.played_at as date) < a.until_day
where a.producer_id is not null
