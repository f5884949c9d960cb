{{ config(
    materialized='incremental',
    pre_hook=forget_touched('evidence_date', 'touched_evidence_days', of='activity_date')
) }}

with

logins as (

    select * from {{ ref('stg_security__security_events') }}
    where
        event_type = 'login'
        and {{ is_touched('evidence_date', 'touched_evidence_days', of='activity_date') }}

),

brute_force_sources as (

    select
        evidence_date,
        cast(count(distinct subject) as bigint) as sources
    from {{ ref('int_evidence_of_failed_logins') }}
    where rule = 'brute_force_source'
    group by evidence_date

),

days as (

    select
        activity_date,
        cast(count(*) as bigint) as attempts,
        cast(sum(case when outcome = 'failure' then 1 else 0 end) as bigint) as failures,
        cast(count(distinct user_id) as bigint) as distinct_users,
        cast(count(distinct ip) as bigint) as distinct_sources
    from logins
    group by activity_date

),

final as (

    select
        days.activity_date,
        days.attempts,
        days.failures,
        {{ divide('days.failures', 'days.attempts') }} as failure_rate,
        days.distinct_users,
        days.distinct_sources,
        coalesce(brute_force_sources.sources, 0) as brute_force_sources
    from days
    left join brute_force_sources on days.activity_date = brute_force_sources.evidence_date

)

select * from final
