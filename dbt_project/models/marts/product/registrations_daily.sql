{{ config(
    materialized='incremental',
    pre_hook=forget_touched('registration_date', 'touched_registrants')
) }}

with

registrations as (

    select
        registration_date,
        acquisition_channel,
        case when activated_at is not null then 1 else 0 end as activated
    from {{ ref('int_registrations') }}
    where
        not is_test
        and {{ is_touched('registration_date', 'touched_registrants') }}

),

final as (

    select
        registration_date,
        acquisition_channel,
        cast(count(*) as bigint) as registrations,
        cast(sum(activated) as bigint) as activated_within_7d
    from registrations
    group by registration_date, acquisition_channel

)

select * from final
