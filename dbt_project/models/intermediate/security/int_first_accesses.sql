{{ config(
    materialized='incremental',
    pre_hook=forget_touched(['actor', 'object_type'], 'touched_object_actors')
) }}

with

accesses as (

    select * from {{ ref('stg_security__audit_log') }}
    where {{ is_touched(['actor', 'object_type'], 'touched_object_actors') }}

),

numbered as (

    select
        actor,
        object_type,
        audit_id,
        activity_date,
        occurred_at,
        row_number() over (
            partition by actor, object_type
            order by occurred_at nulls last, audit_id nulls last
        ) as access_number
    from accesses

),

final as (

    select
        actor,
        object_type,
        audit_id,
        activity_date,
        occurred_at
    from numbered
    where access_number = 1

)

select * from final
