with

security_rules as (

    select * from {{ ref('security_rules') }}

),

final as (

    select
        rule,
        severity,
        description,
        window_minutes,
        threshold
    from security_rules

)

select * from final
