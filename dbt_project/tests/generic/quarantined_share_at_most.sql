{#-
  Fails if more lines of one delivery day of the feed are in quarantine than its contract allows (limit: load.feeds),
  or, as nobody knows how many lines they held, if files that could not be read as a whole have more of its bytes.
  A line that only came too late, when its day was closed by retention, broke no contract. Lines that an erasure took
  were delivered all the same.
-#}
{% test quarantined_share_at_most(model) %}

with

deliveries as (

    select * from {{ source('load', 'deliveries') }}
    where feed = '{{ model.identifier }}'

),

late_lines as (

    select
        dt,
        cast(count(*) as bigint) as lines
    from {{ source('load', 'quarantine') }}
    where
        feed = '{{ model.identifier }}'
        and reason like '% is of a closed day, %'
        and reason not like '%; %'
    group by dt

),

delivery_days as (

    select
        feed,
        dt,
        cast(sum(lines + coalesce(erased, 0)) as bigint) as lines,
        cast(sum(quarantined) as bigint) as quarantined,
        cast(sum(bytes) as bigint) as bytes,
        cast(sum(case when status = 'quarantined' then bytes else 0 end) as bigint) as unreadable_bytes
    from deliveries
    group by feed, dt

)

select
    delivery_days.feed,
    delivery_days.dt,
    delivery_days.lines,
    delivery_days.quarantined - coalesce(late_lines.lines, 0) as quarantined,
    delivery_days.bytes,
    delivery_days.unreadable_bytes,
    feeds.max_quarantined_share
from delivery_days
inner join {{ source('load', 'feeds') }} as feeds on delivery_days.feed = feeds.feed
left join late_lines on delivery_days.dt = late_lines.dt
where
    {{ divide('delivery_days.quarantined - coalesce(late_lines.lines, 0)', 'delivery_days.lines') }}
    > feeds.max_quarantined_share
    or {{ divide('delivery_days.unreadable_bytes', 'delivery_days.bytes') }} > feeds.max_quarantined_share

{% endtest %}
