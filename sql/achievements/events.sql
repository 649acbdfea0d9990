-- What thresholds count one by one, except plays (specification, section 3: achievements). Grain:
-- one row per thing that a producer did, under the metric that counts it. (Not the export files of
-- events, which section 1 calls so.)
select
    producer_id,
    'uploads' as metric,
    uploaded_at as happened_at
from uploads
union all
select
    producer_id,
    'complete_tracks' as metric,
    completed_at as happened_at
from metadata_completions
union all
select
    producer_id,
    'collaborations' as metric,
    collaborated_at as happened_at
from collaborations
union all
select
    producer_id,
    'partners' as metric,
    since as happened_at
from partners
