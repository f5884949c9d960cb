-- An earlier attempt that comes late takes its intent away from the month of what was the first one: every month in
-- which a touched intent has or had an attempt may be concerned.
with

changed_payments as (

    select * from {{ source('changed', 'payments') }}

),

touched_intents as (

    select * from {{ ref('touched_payment_intents') }}

),

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

final as (

    select {{ month_of(local_date('attempted_at')) }} as month
    from changed_payments

    union

    select {{ month_of('payments.payment_date') }} as month
    from payments
    inner join touched_intents on payments.payment_id = touched_intents.payment_id

)

select * from final
