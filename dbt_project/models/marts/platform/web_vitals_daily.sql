{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_web_vital_days'),
    meta={'portions': {
        'of': 'stg_platform__web_vitals', 'by': 'measured_at', 'unit': 'local_day', 'touched': 'touched_web_vital_days'
    }}
) }}

with

web_vitals as (

    select
        {{ local_date('measured_at') }} as activity_date,
        coalesce(page, 'unknown') as page,
        coalesce(device, 'unknown') as device,
        metric,
        value
    from {{ ref('stg_platform__web_vitals') }}
    where
        {{ is_in_touched_days('measured_at', 'touched_web_vital_days') }}
        and {{ is_in_portion_of_days('measured_at') }}

),

thresholds as (

    select * from {{ ref('web_vital_thresholds') }}

),

days as (

    select
        activity_date,
        page,
        device,
        metric,
        cast(count(*) as bigint) as samples,
        {{ percentile(0.75, 'value') }} as p75
    from web_vitals
    group by activity_date, page, device, metric

),

final as (

    select
        days.activity_date,
        days.page,
        days.device,
        days.metric,
        days.samples,
        days.p75,
        case
            when days.p75 <= thresholds.good_up_to then 'good'
            when days.p75 <= thresholds.poor_above then 'needs_improvement'
            when days.p75 > thresholds.poor_above then 'poor'
        end as rating
    from days
    left join thresholds on days.metric = thresholds.metric

)

select * from final
