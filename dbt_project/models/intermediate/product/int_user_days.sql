{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['user_id', 'platform', 'activity_date'],
    pre_hook=forget_touched(['user_id', 'activity_date'], 'touched_user_days')
) }}

-- Test users are in here: whether somebody is one is decided when days are summed up.
-- A touched day also changes the rows of its user's nearest other days, which are written anew with it. What lies
-- beyond them stays, and so do the links of these nearest days that point there.
with

activities as (

    select distinct
        user_id,
        coalesce(platform, 'unknown') as platform,
        {{ local_date('event_at') }} as activity_date
    from {{ ref('stg_product__events') }}
    where
        is_activity
        and {{ is_near_touched('event_at', 'touched_user_days', 'activity_date') }}
        and {{ is_touched(
            ['user_id', 'activity_date'], 'touched_user_days', of=['user_id', local_date('event_at')]
        ) }}

),

fresh as (

    select
        user_id,
        platform,
        activity_date
    from activities

    union all

    select distinct
        user_id,
        'all' as platform,
        activity_date
    from activities

),

{% if is_incremental() %}
    touched_users as (

        select
            user_id,
            min(activity_date) as first_touched,
            max(activity_date) as last_touched
        from {{ ref('touched_user_days') }}
        group by user_id

    ),

    -- The table without the touched days, from the nearest day before the first to the nearest one after the last.
    kept as (

        select
            kept_days.user_id,
            kept_days.platform,
            kept_days.activity_date,
            case when kept_days.activity_date < touched_users.first_touched then kept_days.previous_date end
                as previous_date,
            case when kept_days.activity_date > touched_users.last_touched then kept_days.next_date end as next_date
        from {{ this }} as kept_days
        inner join touched_users on kept_days.user_id = touched_users.user_id
        where
            (
                kept_days.activity_date >= touched_users.first_touched
                or coalesce(kept_days.next_date, touched_users.first_touched) >= touched_users.first_touched
            )
            and (
                kept_days.activity_date <= touched_users.last_touched
                or coalesce(kept_days.previous_date, touched_users.last_touched) <= touched_users.last_touched
            )

    ),
{% endif %}
days as (

    select
        user_id,
        platform,
        activity_date,
        cast(null as date) as previous_date,
        cast(null as date) as next_date
    from fresh
    {% if is_incremental() %}
        union all

        select
            user_id,
            platform,
            activity_date,
            previous_date,
            next_date
        from kept
    {% endif %}
),

final as (

    select
        user_id,
        platform,
        activity_date,
        coalesce(
            lag(activity_date) over (partition by user_id, platform order by activity_date nulls last), previous_date
        ) as previous_date,
        coalesce(
            lead(activity_date) over (partition by user_id, platform order by activity_date nulls last), next_date
        ) as next_date
    from days

)

select * from final
