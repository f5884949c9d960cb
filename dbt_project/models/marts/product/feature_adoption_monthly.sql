{{ config(
    materialized='incremental',
    pre_hook=forget_touched('month', 'touched_activity_months')
) }}

with

test_users as (

    select user_id from {{ ref('stg_product__users') }}
    where is_test

),

feature_days as (

    select
        user_id,
        feature,
        {{ month_of('activity_date') }} as month
    from {{ ref('int_feature_user_days') }}
    where
        activity_date <= {{ as_of() }}
        and {{ is_touched('month', 'touched_activity_months', of=month_of('activity_date')) }}
        and user_id not in (select test_users.user_id from test_users)

),

active_days as (

    select
        {{ month_of('activity_date') }} as month,
        first_in_month
    from {{ ref('int_retention_daily') }}
    where
        activity_date <= {{ as_of() }}
        and {{ is_touched('month', 'touched_activity_months', of=month_of('activity_date')) }}

),

active_users as (

    select
        month,
        cast(sum(first_in_month) as bigint) as users
    from active_days
    group by month

),

feature_users as (

    select
        month,
        feature,
        user_id,
        case when count(*) >= 2 then 1 else 0 end as repeated
    from feature_days
    group by month, feature, user_id

),

features as (

    select
        month,
        feature,
        cast(count(*) as bigint) as users,
        cast(sum(repeated) as bigint) as repeat_users
    from feature_users
    group by month, feature

),

final as (

    select
        features.month,
        features.feature,
        features.users,
        features.repeat_users,
        {{ divide('features.users', 'active_users.users') }} as adoption_rate
    from features
    inner join active_users on features.month = active_users.month

)

select * from final
