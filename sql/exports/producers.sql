-- The rows of one dump of producers. Grain: one row per producer_id.
-- The same key twice: the later row wins, by file and then by row (specification, section 1).
select
    producer_id,
    display_name,
    joined_at,
    profile_completion,
    status,
    user_id
from producers_delivered
qualify row_number() over (partition by producer_id order by file_order desc, row desc) = 1
order by producer_id
