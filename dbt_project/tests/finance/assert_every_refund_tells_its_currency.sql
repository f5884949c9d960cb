-- Fails if the currency of a refund had to be assumed, because neither the refund nor a known attempt tells it.
{{ config(severity='warn') }}

select
    refund_id,
    amount_minor,
    refund_date
from {{ ref('int_refunds_attributed') }}
where is_currency_assumed
