with

changed_app_logs as (

    select * from {{ source('changed', 'app_logs') }}

),

final as (

    select distinct {{ hour_of('logged_at') }} as hour
    from changed_app_logs

)

select * from final
