-- The blended category. Grain: one row per producer_id that is ranked on any weighted board
-- (specification, section 4): weights times percentiles, a percentile being the share of a
-- board's ranked producers with a lower or the same score, in hundredths of a percent.
with
percentiles as (
    select
        category,
        producer_id,
        10000 * (
            count(*) over (partition by category)
            - rank() over (partition by category order by score desc) + 1
        ) // count(*) over (partition by category) as percentile
    from scores
    where period = 'all_time'
),

total_weight as (
    select sum(weight) as weight
    from weights
),

blended as (
    select
        p.producer_id,
        cast(sum(w.weight * p.percentile) // max(t.weight) as bigint) as score
    from percentiles as p
    inner join weights as w on p.category = w.category
    cross join total_weight as t
    group by p.producer_id
)

select
    'overall' as category,
    'all_time' as period,
    producer_id,
    score
from blended
where score > 0
order by producer_id
