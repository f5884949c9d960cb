{{ config(
    materialized='incremental',
    pre_hook=forget_touched('month', 'touched_recovery_months')
) }}

with

intents as (

    select
        {{ month_of('first_attempt_date') }} as month,
        case when is_first_attempt_success then 1 else 0 end as first_attempt_success,
        case when is_recovered then 1 else 0 end as recovered,
        case when is_lost then 1 else 0 end as lost,
        case when is_recovered then {{ seconds_between('first_attempted_at', 'first_succeeded_at') }} end
            as seconds_to_recover
    from {{ ref('int_payment_intents') }}
    where {{ is_touched('month', 'touched_recovery_months', of=month_of('first_attempt_date')) }}

),

months as (

    select
        month,
        cast(count(*) as bigint) as intents,
        cast(sum(first_attempt_success) as bigint) as first_attempt_successes,
        cast(sum(recovered) as bigint) as recovered,
        cast(sum(lost) as bigint) as lost,
        {{ percentile(0.5, 'seconds_to_recover') }} as median_seconds_to_recover
    from intents
    group by month

),

final as (

    select
        month,
        intents,
        first_attempt_successes,
        recovered,
        lost,
        {{ divide('first_attempt_successes', 'intents') }} as first_attempt_rate,
        {{ divide('first_attempt_successes + recovered', 'intents') }} as eventual_rate,
        cast(round(cast(median_seconds_to_recover as double) / 3600, 2) as decimal(12, 2)) as median_hours_to_recover
    from months

)

select * from final
