-- The releases before the running one; publishing appends its own row to the copy it publishes.
with

releases as (

    select * from {{ source('release_history', 'releases') }}

),

final as (

    select
        release_id,
        published_at,
        as_of,
        domains_published,
        domains_held_back,
        git_revision
    from releases

)

select * from final
