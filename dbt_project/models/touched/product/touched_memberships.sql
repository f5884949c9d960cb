-- Whoever leaves touches the months from then on, not the whole membership: former and present state are compared.
with

changed_members as (

    select distinct
        group_id,
        user_id
    from {{ source('changed', 'group_members') }}

),

present as (

    select
        group_id,
        user_id,
        {{ local_date('joined_at') }} as joined_date,
        {{ local_date('left_at') }} as left_date
    from {{ ref('stg_product__group_members') }}

),

former as (

    {{ of_last_build('int_group_memberships', {
        'group_id': 'varchar', 'user_id': 'varchar', 'joined_date': 'date', 'left_date': 'date'
    }) }}

),

states as (

    select
        group_id,
        user_id,
        joined_date,
        left_date
    from present

    union all

    select
        group_id,
        user_id,
        joined_date,
        left_date
    from former

),

months as (

    select
        states.group_id,
        states.user_id,
        {{ each_month(
            month_of('states.joined_date'), month_of('coalesce(states.left_date, ' ~ as_of() ~ ')')
        ) }} as month
    from states
    inner join changed_members
        on
            states.group_id = changed_members.group_id
            and states.user_id = changed_members.user_id

),

final as (

    select
        group_id,
        user_id,
        month
    from months
    group by group_id, user_id, month
    having count(*) = 1

)

select * from final
