with

touched_sessions as (

    select * from {{ ref('touched_sessions') }}

),

test_users as (

    select * from {{ ref('touched_test_users') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

final as (

    select {{ each_day(local_date('from_at'), local_date('to_at')) }} as activity_date
    from touched_sessions

    union

    select sessions.activity_date
    from sessions
    inner join test_users on sessions.user_id = test_users.user_id

    union

    select activity_date from {{ ref('touched_run_days') }}

)

select distinct activity_date from final
