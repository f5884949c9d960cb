-- The approvals before the running release; publishing appends those by which it publishes.
with

approvals as (

    select * from {{ source('release_history', 'approvals') }}

),

final as (

    select
        release_id,
        domain,
        approved_at,
        approved_by,
        restatement,
        reason
    from approvals

)

select * from final
