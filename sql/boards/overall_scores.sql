-- Scores of the blended board (specification, section 4: overall). Grain: one row per producer_id
-- that is ranked: the weighted mean of the percentiles on the other boards of all time, in
-- hundredths of a percent; who is not ranked on one of them has 0 there.
with
ranked as (
    select
        category,
        producer_id,
        count(*) over (
            partition by category order by score
            range between unbounded preceding and current row
        ) as lower_or_same,
        count(*) over (partition by category) as all_ranked
    from board_scores
    where period = 'all_time'
),

weight_sum as (
    select sum(weight) as weights from weights
),

scores as (
    select
        r.producer_id,
        cast(
            sum(w.weight * (10000 * r.lower_or_same // r.all_ranked)) // max(s.weights) as bigint
        ) as score
    from ranked as r
    inner join weights as w on r.category = w.category
    cross join weight_sum as s
    group by r.producer_id
)

select
    producer_id,
    score
from scores
where score > 0
order by producer_id
