-- When producers reached thresholds of streaks of weeks (specification, section 3: achievements).
-- Grain: one row per (producer_id, metric, k).
select
    s.producer_id,
    t.metric,
    t.k,
    min(s.first_upload) as reached_at
from upload_streak_weeks as s
inner join thresholds as t on t.metric = 'upload_streak' and s.nth = t.k
group by s.producer_id, t.metric, t.k
order by s.producer_id, t.k
