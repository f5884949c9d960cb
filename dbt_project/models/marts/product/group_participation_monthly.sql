{{ config(
    materialized='incremental',
    pre_hook=forget_touched('month', 'touched_participation_months')
) }}

with

test_users as (

    select user_id from {{ ref('stg_product__users') }}
    where is_test

),

memberships as (

    select * from {{ ref('int_group_memberships') }}
    where
        joined_date <= {{ as_of() }}
        and user_id not in (select test_users.user_id from test_users)

),

meters as (

    select * from {{ ref('int_meters') }}

),

bounds as (

    select {{ month_of('min(joined_date)') }} as first_month
    from memberships

),

every_month as (

    select {{ each_month('first_month', month_of(as_of())) }} as month
    from bounds

),

months as (

    select
        month,
        {{ last_day_of_month('month') }} as last_date
    from every_month
    where {{ is_touched('month', 'touched_participation_months') }}

),

readings as (

    select
        meter_id,
        user_id,
        {{ local_date('submitted_at') }} as submitted_date
    from {{ ref('stg_product__meter_readings') }}
    where {{ is_near_touched(
        'submitted_at', 'touched_participation_months', 'month', last_day_of_month('month')
    ) }}

),

payments as (

    select
        group_id,
        user_id,
        payment_date
    from {{ ref('stg_finance__payments') }}
    where
        group_id is not null
        and {{ is_near_touched(
            'attempted_at', 'touched_participation_months', 'month', last_day_of_month('month')
        ) }}

),

contributions as (

    select
        meters.group_id,
        readings.user_id,
        {{ month_of('readings.submitted_date') }} as month
    from readings
    inner join meters on readings.meter_id = meters.meter_id
    where readings.submitted_date <= {{ as_of() }}

    union

    select
        group_id,
        user_id,
        {{ month_of('payment_date') }} as month
    from payments
    where payment_date <= {{ as_of() }}

),

members as (

    select
        months.month,
        memberships.group_id,
        memberships.user_id
    from months
    inner join memberships
        on
            months.last_date >= memberships.joined_date
            and months.month <= coalesce(memberships.left_date, {{ as_of() }})

),

final as (

    select
        members.month,
        cast(count(distinct members.group_id) as bigint) as groups,
        cast(count(*) as bigint) as members,
        cast(count(contributions.user_id) as bigint) as participating_members,
        {{ divide('count(contributions.user_id)', 'count(*)') }} as participation_rate
    from members
    left join contributions
        on
            members.month = contributions.month
            and members.group_id = contributions.group_id
            and members.user_id = contributions.user_id
    group by members.month

)

select * from final
