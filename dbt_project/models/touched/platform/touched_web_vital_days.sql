with

changed_web_vitals as (

    select * from {{ source('changed', 'web_vitals') }}

),

final as (

    select distinct {{ local_date('measured_at') }} as activity_date
    from changed_web_vitals

)

select * from final
