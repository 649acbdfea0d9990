-- What producers see of themselves (specification, section 5: progress). Grain: one row per
-- producer_id of the current dump. The level is the highest whose XP are reached; at the top there
-- is no next one, and the percentage is 100.
with
level_bands as (
    select
        level,
        title,
        min_xp,
        lead(min_xp) over (order by min_xp) as next_xp
    from levels
),

achievement_count as (
    select count(*) as achievements from thresholds
)

select
    p.producer_id,
    p.display_name,
    p.status,
    b.level,
    b.title as level_title,
    coalesce(s.total_xp, 0) as total_xp,
    b.min_xp as level_min_xp,
    b.next_xp as next_level_xp,
    b.next_xp - coalesce(s.total_xp, 0) as xp_to_next,
    coalesce(
        100 * (coalesce(s.total_xp, 0) - b.min_xp) // (b.next_xp - b.min_xp), 100
    ) as progress_percent,
    coalesce(s.upload_xp, 0) as upload_xp,
    coalesce(s.play_xp, 0) as play_xp,
    coalesce(s.metadata_xp, 0) as metadata_xp,
    coalesce(s.collaboration_xp, 0) as collaboration_xp,
    coalesce(s.achievement_xp, 0) as achievement_xp,
    coalesce(s.adjustment_xp, 0) as adjustment_xp,
    coalesce(s.uploads, 0) as uploads,
    coalesce(s.plays, 0) as plays,
    coalesce(s.complete_tracks, 0) as complete_tracks,
    coalesce(s.collaborations, 0) as collaborations,
    c.partners,
    c.best_track_plays,
    c.best_day_plays,
    c.best_upload_streak,
    c.earnings_cents,
    c.achievements_unlocked,
    n.achievements - c.achievements_unlocked as achievements_locked,
    p.listed
from producers as p
inner join activity_counts as c on p.producer_id = c.producer_id
left join ledger_sums as s on p.producer_id = s.producer_id
cross join achievement_count as n
inner join level_bands as b
    on
        coalesce(s.total_xp, 0) >= b.min_xp
        and (b.next_xp is null or coalesce(s.total_xp, 0) < b.next_xp)
order by p.producer_id
