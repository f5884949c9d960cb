{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_session_days')
) }}

with

test_users as (

    select user_id from {{ ref('stg_product__users') }}
    where is_test

),

sessions as (

    select
        session_key,
        user_id
    from {{ ref('int_sessions') }}
    where {{ is_touched('activity_date', 'touched_session_days') }}

),

flows as (

    select * from {{ ref('int_session_flows') }}
    where
        activity_date <= {{ as_of() }}
        and {{ is_touched('activity_date', 'touched_session_days') }}

),

final as (

    select
        flows.activity_date,
        flows.from_page,
        flows.to_page,
        cast(sum(flows.transitions) as bigint) as transitions
    from flows
    inner join sessions on flows.session_key = sessions.session_key
    left join test_users on sessions.user_id = test_users.user_id
    where test_users.user_id is null
    group by flows.activity_date, flows.from_page, flows.to_page

)

select * from final
