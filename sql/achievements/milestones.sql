-- When producers reached the thresholds of everything but plays (specification, section 3:
-- achievements). Grain: one row per (producer_id, metric, k).
select
    producer_id,
    metric,
    k,
    reached_at
from milestones_of_events
union all
select
    producer_id,
    metric,
    k,
    reached_at
from milestones_of_earnings
union all
select
    producer_id,
    metric,
    k,
    reached_at
from milestones_of_upload_streak
