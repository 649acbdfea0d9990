-- What the Progress page shows beside the ledger: counts of partners and unlocks, sums of earnings
-- before as_of, best values (specification, section 5: progress). Grain: one
-- row per producer_id of the current dump, also with nothing yet.
with
partner_counts as (
    select
        producer_id,
        count(*) as partners
    from partners
    group by producer_id
),

earning_sums as (
    select
        e.producer_id,
        cast(sum(e.amount_cents) as bigint) as earnings_cents
    from earnings as e
    cross join parameters as a
    where e.earned_at < a.as_of
    group by e.producer_id
),

unlock_counts as (
    select
        producer_id,
        count(*) as achievements_unlocked
    from unlocks
    group by producer_id
)

select
    p.producer_id,
    coalesce(c.partners, 0) as partners,
    coalesce(t.plays, 0) as best_track_plays,
    coalesce(d.plays, 0) as best_day_plays,
    coalesce(s.best_upload_streak, 0) as best_upload_streak,
    coalesce(e.earnings_cents, 0) as earnings_cents,
    coalesce(u.achievements_unlocked, 0) as achievements_unlocked
from producers as p
left join partner_counts as c on p.producer_id = c.producer_id
left join best_tracks as t on p.producer_id = t.producer_id
left join best_days as d on p.producer_id = d.producer_id
left join upload_streaks as s on p.producer_id = s.producer_id
left join earning_sums as e on p.producer_id = e.producer_id
left join unlock_counts as u on p.producer_id = u.producer_id
order by p.producer_id
