{{ config(
    materialized='incremental',
    pre_hook=forget_touched('user_id', 'touched_user_days')
) }}

with

user_days as (

    select * from {{ ref('int_user_days') }}
    where
        platform = 'all'
        and previous_date is null
        and {{ is_touched('user_id', 'touched_user_days') }}

),

final as (

    select
        user_id,
        activity_date as first_date
    from user_days

)

select * from final
