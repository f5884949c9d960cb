with

changed_readings as (

    select * from {{ source('changed', 'meter_readings') }}

),

changed_payments as (

    select * from {{ source('changed', 'payments') }}
    where
        group_id is not null
        and user_id is not null

),

former_meters as (

    {{ of_last_build('int_meters', {'meter_id': 'varchar', 'group_id': 'varchar'}) }}

),

changed_meters as (

    select distinct meter_id from {{ source('changed', 'meters') }}

),

meters as (

    select * from {{ ref('stg_product__meters') }}

),

regrouped_meters as (

    select changed_meters.meter_id
    from changed_meters
    left join meters on changed_meters.meter_id = meters.meter_id
    left join former_meters on changed_meters.meter_id = former_meters.meter_id
    where meters.group_id is distinct from former_meters.group_id

),

readings as (

    select * from {{ ref('stg_product__meter_readings') }}

),

test_users as (

    select * from {{ ref('touched_test_users') }}

),

members as (

    select * from {{ ref('stg_product__group_members') }}

),

final as (

    select {{ month_of(local_date('submitted_at')) }} as month
    from changed_readings

    union

    select {{ month_of(local_date('attempted_at')) }} as month
    from changed_payments

    union

    select {{ month_of(local_date('readings.submitted_at')) }} as month
    from readings
    inner join regrouped_meters on readings.meter_id = regrouped_meters.meter_id

    union

    select month
    from {{ ref('touched_memberships') }}

    union

    select
        {{ each_month(
            month_of(local_date('members.joined_at')),
            month_of('coalesce(' ~ local_date('members.left_at') ~ ', ' ~ as_of() ~ ')')
        ) }} as month
    from members
    inner join test_users on members.user_id = test_users.user_id

    union

    select {{ month_of('activity_date') }} as month
    from {{ ref('touched_run_days') }}

)

select * from final
