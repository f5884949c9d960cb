-- Computed in full from the kept days: an early error that comes late changes all later days of its fingerprint.
with

days as (

    select * from {{ ref('int_errors_daily') }}

),

first_days as (

    select
        platform,
        fingerprint,
        min(activity_date) as first_seen_on,
        min(first_seen_at) as first_seen_at
    from days
    group by platform, fingerprint

),

final as (

    select
        days.activity_date,
        days.platform,
        days.fingerprint,
        days.occurrences,
        days.users,
        first_days.first_seen_at,
        days.activity_date = first_days.first_seen_on as is_new
    from days
    inner join first_days on days.platform = first_days.platform and days.fingerprint = first_days.fingerprint

)

select * from final
