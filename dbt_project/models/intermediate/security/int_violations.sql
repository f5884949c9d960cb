with

numbered as (

    select * from {{ ref('int_violations_numbered') }}

),

ranked as (

    select
        rule,
        subject,
        violation_number,
        window_minutes,
        event_id,
        is_trigger,
        occurred_at,
        row_number() over (
            partition by rule, subject, violation_number
            order by occurred_at nulls last, event_id nulls last
        ) as from_first,
        row_number() over (
            partition by rule, subject, violation_number
            order by occurred_at desc nulls last, event_id desc nulls last
        ) as from_last
    from numbered

),

grouped as (

    select
        rule,
        subject,
        violation_number,
        window_minutes,
        cast(count(*) as bigint) as events,
        max(case when from_first = 1 then event_id end) as first_event_id,
        max(case when from_last = 1 then event_id end) as last_event_id,
        min(case when is_trigger then occurred_at end) as detected_at,
        max(occurred_at) as last_at
    from ranked
    group by rule, subject, violation_number, window_minutes

),

final as (

    select
        md5(rule || '|' || subject || '|' || first_event_id) as violation_id,
        rule,
        subject,
        violation_number,
        events,
        first_event_id,
        last_event_id,
        {{ plus_minutes('last_at', 'window_minutes') }} >= {{ start_of_local_day(add_days(as_of(), 1)) }} as is_open,
        detected_at,
        last_at
    from grouped

)

select * from final
