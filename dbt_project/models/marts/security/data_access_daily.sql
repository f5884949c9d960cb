{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_access_days')
) }}

with

accesses as (

    select * from {{ ref('stg_security__audit_log') }}
    where {{ is_touched('activity_date', 'touched_access_days') }}

),

final as (

    select
        activity_date,
        actor,
        object_type,
        cast(sum(case when action = 'read' then 1 else 0 end) as bigint) as reads,
        cast(sum(case when action = 'export' then 1 else 0 end) as bigint) as exports,
        cast(sum(case when action in ('create', 'update', 'delete') then 1 else 0 end) as bigint) as writes,
        cast(sum(case when contains_pii then 1 else 0 end) as bigint) as pii_accesses
    from accesses
    group by activity_date, actor, object_type

)

select * from final
