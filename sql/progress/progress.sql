-- What a producer sees on the Progress page. Grain: one row per producer of the current dump
-- (specification, sections 3 and 5). total_xp is never below 0, whatever adjustments took away.
with
awarded as (
    select
        producer_id,
        source,
        quantity,
        xp
    from awards
    union all
    select
        producer_id,
        'achievement' as source,
        cast(1 as bigint) as quantity,
        xp
    from level_unlocks
),

awards_by_source as (
    select
        producer_id,
        sum(xp) as xp,
        sum(xp) filter (where source = 'upload') as upload_xp,
        sum(xp) filter (where source = 'metadata') as metadata_xp,
        sum(xp) filter (where source = 'collaboration') as collaboration_xp,
        sum(xp) filter (where source = 'achievement') as achievement_xp,
        sum(xp) filter (where source = 'adjustment') as adjustment_xp,
        sum(quantity) filter (where source = 'upload') as uploads,
        sum(quantity) filter (where source = 'metadata') as complete_tracks,
        sum(quantity) filter (where source = 'collaboration') as collaborations
    from awarded
    group by producer_id
),

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
        greatest(coalesce(l.xp, 0) + coalesce(x.play_xp, 0), 0) as total_xp
    from producers as p
    left join awards_by_source as l on p.producer_id = l.producer_id
    left join xp_sums as x on p.producer_id = x.producer_id
),

best_tracks as (
    select
        t.producer_id,
        max(c.plays) as plays
    from track_totals as c
    inner join tracks as t on c.track_id = t.track_id
    where t.status in ('published', 'removed')
    group by t.producer_id
),

partner_counts as (
    select
        producer_id,
        count(*) as partners
    from partners
    group by producer_id
),

earned as (
    select
        e.producer_id,
        cast(sum(e.amount_cents) as bigint) as cents
    from earnings as e
    cross join parameters as a
    where e.earned_at < a.as_of
    group by e.producer_id
),

unlocked as (
    select
        producer_id,
        achievement_id
    from unlocks
    union all
    select
        producer_id,
        achievement_id
    from level_unlocks
),

unlock_counts as (
    select
        producer_id,
        count(*) as achievements
    from unlocked
    group by producer_id
),

achievement_count as (
    select count(*) as achievements
    from thresholds
)

select
    v.producer_id,
    v.display_name,
    v.status,
    b.level,
    b.title as level_title,
    cast(v.total_xp as bigint) as total_xp,
    b.min_xp as level_min_xp,
    b.next_xp as next_level_xp,
    cast(b.next_xp - v.total_xp as bigint) as xp_to_next,
    cast(
        case
            when b.next_xp is null then 100
            else 100 * (v.total_xp - b.min_xp) // (b.next_xp - b.min_xp)
        end as bigint
    ) as progress_percent,
    cast(coalesce(l.upload_xp, 0) as bigint) as upload_xp,
    cast(coalesce(x.play_xp, 0) as bigint) as play_xp,
    cast(coalesce(l.metadata_xp, 0) as bigint) as metadata_xp,
    cast(coalesce(l.collaboration_xp, 0) as bigint) as collaboration_xp,
    cast(coalesce(l.achievement_xp, 0) as bigint) as achievement_xp,
    cast(coalesce(l.adjustment_xp, 0) as bigint) as adjustment_xp,
    cast(coalesce(l.uploads, 0) as bigint) as uploads,
    coalesce(y.plays, 0) as plays,
    cast(coalesce(l.complete_tracks, 0) as bigint) as complete_tracks,
    cast(coalesce(l.collaborations, 0) as bigint) as collaborations,
    coalesce(n.partners, 0) as partners,
    coalesce(t.plays, 0) as best_track_plays,
    coalesce(d.plays, 0) as best_day_plays,
    coalesce(s.best_upload_streak, 0) as best_upload_streak,
    coalesce(e.cents, 0) as earnings_cents,
    coalesce(u.achievements, 0) as achievements_unlocked,
    c.achievements - coalesce(u.achievements, 0) as achievements_locked
from levelled as v
inner join level_bands as b
    on v.total_xp >= b.min_xp and (b.next_xp is null or v.total_xp < b.next_xp)
cross join achievement_count as c
left join awards_by_source as l on v.producer_id = l.producer_id
left join xp_sums as x on v.producer_id = x.producer_id
left join play_totals as y on v.producer_id = y.producer_id
left join best_tracks as t on v.producer_id = t.producer_id
left join best_days as d on v.producer_id = d.producer_id
left join upload_streaks as s on v.producer_id = s.producer_id
left join partner_counts as n on v.producer_id = n.producer_id
left join earned as e on v.producer_id = e.producer_id
left join unlock_counts as u on v.producer_id = u.producer_id
order by v.producer_id
