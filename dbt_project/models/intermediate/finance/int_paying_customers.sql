{{ config(
    materialized='incremental',
    pre_hook=forget_touched('user_id', 'touched_subscribers')
) }}

with

paid_states as (

    select * from {{ ref('int_subscription_states') }}
    where arr > 0 and {{ is_touched('user_id', 'touched_subscribers') }}

),

final as (

    select
        user_id,
        min(from_date) as first_paid_date
    from paid_states
    group by user_id

)

select * from final
