{{ config(
    materialized='incremental',
    pre_hook=forget_touched('evidence_date', 'touched_evidence_days')
) }}

-- Both logins of a pair are evidence, the later one triggers the rule.
with

rules as (

    select * from {{ ref('security_rules') }}
    where rule = 'impossible_travel'

),

logins as (

    select
        security_event_id,
        occurred_at,
        activity_date,
        user_id,
        country
    from {{ ref('stg_security__security_events') }}
    where
        event_type = 'login'
        and outcome = 'success'
        and user_id is not null
        and country is not null
        and {{ is_touched('activity_date', 'touched_evidence_reading_days') }}

),

neighbours as (

    select
        security_event_id,
        occurred_at,
        activity_date,
        user_id,
        country,
        lag(country) over (
            partition by user_id
            order by occurred_at nulls last, security_event_id nulls last
        ) as previous_country,
        lag(occurred_at) over (
            partition by user_id
            order by occurred_at nulls last, security_event_id nulls last
        ) as previous_at,
        lead(country) over (
            partition by user_id
            order by occurred_at nulls last, security_event_id nulls last
        ) as next_country,
        lead(occurred_at) over (
            partition by user_id
            order by occurred_at nulls last, security_event_id nulls last
        ) as next_at
    from logins

),

judged as (

    select
        rules.rule,
        {{ security_subject('user', 'neighbours.user_id') }} as subject,
        neighbours.security_event_id,
        neighbours.occurred_at,
        neighbours.activity_date,
        coalesce(
            neighbours.previous_country <> neighbours.country
            and {{ seconds_between('neighbours.previous_at', 'neighbours.occurred_at') }} <= rules.window_minutes * 60,
            false
        ) as is_arrival,
        coalesce(
            neighbours.next_country <> neighbours.country
            and {{ seconds_between('neighbours.occurred_at', 'neighbours.next_at') }} <= rules.window_minutes * 60,
            false
        ) as is_departure
    from neighbours
    cross join rules

),

final as (

    select
        rule,
        subject,
        security_event_id as event_id,
        is_arrival as is_trigger,
        activity_date as evidence_date,
        occurred_at
    from judged
    where
        {{ is_touched('evidence_date', 'touched_evidence_days', of='activity_date') }}
        and (is_arrival or is_departure)

)

select * from final
