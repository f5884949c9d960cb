with

deliveries as (

    select * from {{ source('load', 'deliveries') }}

)

select
    feed,
    dt,
    file,
    lines,
    loaded,
    duplicates,
    quarantined,
    first_event_at,
    last_event_at,
    loaded_at
from deliveries
