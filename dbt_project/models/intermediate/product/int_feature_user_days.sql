{{ config(
    materialized='incremental',
    pre_hook=forget_touched(['user_id', 'activity_date'], 'touched_user_days')
) }}

with

final as (

    select distinct
        user_id,
        feature,
        {{ local_date('event_at') }} as activity_date
    from {{ ref('stg_product__events') }}
    where
        is_activity
        and feature is not null
        and {{ is_near_touched('event_at', 'touched_user_days', 'activity_date') }}
        and {{ is_touched(
            ['user_id', 'activity_date'], 'touched_user_days', of=['user_id', local_date('event_at')]
        ) }}

)

select * from final
