-- What was restated before the running release; publishing appends what moves in the copy it publishes.
with

restatements as (

    select * from {{ source('release_history', 'restatements') }}

),

final as (

    select
        release_id,
        table_name,
        period,
        key,
        column_name,
        old_value,
        new_value,
        moved_rows,
        cause
    from restatements

)

select * from final
