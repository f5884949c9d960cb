with

violations as (

    select * from {{ ref('int_violations') }}

),

final as (

    select
        violation_id,
        detected_at,
        rule,
        subject,
        cast(events as varchar) || case when events = 1 then ' event: ' else ' events: ' end
        || first_event_id || case when events = 1 then '' else ' to ' || last_event_id end as evidence,
        case when is_open then 'open' else 'closed' end as status
    from violations

)

select * from final
