with

changed_client_errors as (

    select * from {{ source('changed', 'client_errors') }}

),

final as (

    select distinct {{ local_date('occurred_at') }} as activity_date
    from changed_client_errors

)

select * from final
