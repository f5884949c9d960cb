with

changed_app_logs as (

    select * from {{ source('changed', 'app_logs') }}

),

final as (

    select distinct {{ local_date('logged_at') }} as activity_date
    from changed_app_logs

)

select * from final
