{{ config(
    materialized='incremental',
    pre_hook=forget_touched('payment_id', 'touched_payment_intents')
) }}

with

payments as (

    select * from {{ ref('stg_finance__payments') }}
    where {{ is_touched('payment_id', 'touched_payment_intents') }}

),

numbered as (

    select
        payment_id,
        status,
        attempted_at,
        payment_date,
        row_number() over (
            partition by payment_id
            order by attempted_at nulls last, attempt_id nulls last
        ) as attempt_number
    from payments

),

intents as (

    select
        payment_id,
        max(case when attempt_number = 1 then status end) as first_status,
        max(case when status = 'pending' then 1 else 0 end) = 1 as has_pending_attempt,
        max(case when attempt_number = 1 then payment_date end) as first_attempt_date,
        max(case when attempt_number = 1 then attempted_at end) as first_attempted_at,
        min(case when status = 'succeeded' then attempted_at end) as first_succeeded_at
    from numbered
    group by payment_id

),

final as (

    select
        payment_id,
        first_status = 'succeeded' as is_first_attempt_success,
        first_status <> 'succeeded' and first_succeeded_at is not null as is_recovered,
        first_succeeded_at is null and not has_pending_attempt as is_lost,
        first_attempt_date,
        first_attempted_at,
        first_succeeded_at
    from intents

)

select * from final
