-- What a producer sees on the Progress page. Grain: one row per producer of the current dump
-- (specification, sections 3 and 5). total_xp is never below 0, whatever adjustments took away.
-- All relations but `producers`, `levels` and `achievement_count` have at most one row per
-- producer: what they have earned and reached in all.
with
level_bands as (
    select
        level,
        title,
        min_xp,
        lead(min_xp) over (order by level) as next_xp
    from levels
),

levelled as (
    select
        p.producer_id,
        p.display_name,
        p.status,
        coalesce(a.upload_xp, 0) as upload_xp,
        coalesce(x.play_xp, 0) as play_xp,
        coalesce(a.metadata_xp, 0) as metadata_xp,
        coalesce(a.collaboration_xp, 0) as collaboration_xp,
        coalesce(a.achievement_xp, 0) as achievement_xp,
        coalesce(a.adjustment_xp, 0) as adjustment_xp,
        greatest(coalesce(x.xp, 0), 0) as total_xp,
        coalesce(a.uploads, 0) as uploads,
        coalesce(a.complete_tracks, 0) as complete_tracks,
        coalesce(a.collaborations, 0) as collaborations
    from producers as p
    left join award_sums as a on p.producer_id = a.producer_id
    left join xp_sums as x on p.producer_id = x.producer_id
)

select
    v.producer_id,
    v.display_name,
    v.status,
    b.level,
    b.title as level_title,
    v.total_xp,
    b.min_xp as level_min_xp,
    b.next_xp as next_level_xp,
    b.next_xp - v.total_xp as xp_to_next,
    cast(
        case
            when b.next_xp is null then 100
            else 100 * (v.total_xp - b.min_xp) // (b.next_xp - b.min_xp)
        end as bigint
    ) as progress_percent,
    v.upload_xp,
    v.play_xp,
    v.metadata_xp,
    v.collaboration_xp,
    v.achievement_xp,
    v.adjustment_xp,
    v.uploads,
    coalesce(y.plays, 0) as plays,
    v.complete_tracks,
    v.collaborations,
    coalesce(n.partners, 0) as partners,
    coalesce(t.plays, 0) as best_track_plays,
    coalesce(d.plays, 0) as best_day_plays,
    coalesce(s.best_upload_streak, 0) as best_upload_streak,
    coalesce(e.earnings_cents, 0) as earnings_cents,
    coalesce(u.achievements, 0) as achievements_unlocked,
    c.achievements - coalesce(u.achievements, 0) as achievements_locked
from levelled as v
inner join level_bands as b
    on v.total_xp >= b.min_xp and (b.next_xp is null or v.total_xp < b.next_xp)
cross join achievement_count as c
left join play_totals as y on v.producer_id = y.producer_id
left join best_tracks as t on v.producer_id = t.producer_id
left join best_days as d on v.producer_id = d.producer_id
left join upload_streaks as s on v.producer_id = s.producer_id
left join partner_counts as n on v.producer_id = n.producer_id
left join earning_sums as e on v.producer_id = e.producer_id
left join unlock_counts as u on v.producer_id = u.producer_id
order by v.producer_id
