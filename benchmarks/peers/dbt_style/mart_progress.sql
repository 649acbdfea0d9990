-- Totals per producer.
select
    producers.producer_id,
    producers.display_name,
    producers.status,
    coalesce(sum(ledger.xp), 0)::bigint as points,
    coalesce(sum(ledger.quantity) filter (where ledger.source = 'play'), 0)::bigint as plays,
    coalesce(sum(ledger.quantity) filter (where ledger.source = 'upload'), 0)::bigint as uploads
from int_producers_current as producers
left join mart_ledger as ledger using (producer_id)
group by all
