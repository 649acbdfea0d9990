-- The longest run of ISO weeks with an upload in each. Grain: one row per producer_id with an
-- upload (specification, section 5: best_upload_streak).
select
    producer_id,
    max(nth) as best_upload_streak
from upload_streak_weeks
group by producer_id
order by producer_id
