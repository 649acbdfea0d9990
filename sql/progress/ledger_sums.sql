-- Sums of the ledger (specification, sections 3 and 5: total_xp, XP and quantities by source).
-- Grain: one row per producer_id with a ledger row.
select
    producer_id,
    cast(greatest(sum(xp), 0) as bigint) as total_xp,
    cast(coalesce(sum(xp) filter (where source = 'upload'), 0) as bigint) as upload_xp,
    cast(coalesce(sum(xp) filter (where source = 'play'), 0) as bigint) as play_xp,
    cast(coalesce(sum(xp) filter (where source = 'metadata'), 0) as bigint) as metadata_xp,
    cast(
        coalesce(sum(xp) filter (where source = 'collaboration'), 0) as bigint
    ) as collaboration_xp,
    cast(coalesce(sum(xp) filter (where source = 'achievement'), 0) as bigint) as achievement_xp,
    cast(coalesce(sum(xp) filter (where source = 'adjustment'), 0) as bigint) as adjustment_xp,
    cast(coalesce(sum(quantity) filter (where source = 'upload'), 0) as bigint) as uploads,
    cast(coalesce(sum(quantity) filter (where source = 'play'), 0) as bigint) as plays,
    cast(
        coalesce(sum(quantity) filter (where source = 'metadata'), 0) as bigint
    ) as complete_tracks,
    cast(
        coalesce(sum(quantity) filter (where source = 'collaboration'), 0) as bigint
    ) as collaborations
from xp_ledger
group by producer_id
