{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_error_days')
) }}

-- Where no error tracker gave a fingerprint, errors of one type whose messages differ in masked parts only are one.
with

errors as (

    select
        coalesce(platform, 'unknown') as platform,
        fingerprint,
        error_type,
        {{ masked('message') }} as pattern,
        user_id,
        occurred_at,
        {{ local_date('occurred_at') }} as activity_date
    from {{ ref('stg_platform__client_errors') }}
    where {{ is_in_touched_days('occurred_at', 'touched_error_days') }}

),

fingerprinted as (

    select
        platform,
        coalesce(fingerprint, error_type || '-' || {{ beginning(digest("coalesce(pattern, '')"), 12) }}) as fingerprint,
        user_id,
        occurred_at,
        activity_date
    from errors

),

final as (

    select
        platform,
        fingerprint,
        cast(count(*) as bigint) as occurrences,
        cast(count(distinct user_id) as bigint) as users,
        min(occurred_at) as first_seen_at,
        activity_date
    from fingerprinted
    group by platform, fingerprint, activity_date

)

select * from final
