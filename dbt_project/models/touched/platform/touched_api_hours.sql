with

changed_api_requests as (

    select * from {{ source('changed', 'api_requests') }}

),

final as (

    select distinct {{ hour_of('started_at') }} as hour
    from changed_api_requests

)

select * from final
