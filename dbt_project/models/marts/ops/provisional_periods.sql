-- Only its shape: computed after the build from ops.feed_health and dbt's lineage (warehouse/watch/newest.py).
select
    cast(null as varchar) as table_schema,
    cast(null as varchar) as table_name,
    cast(null as date) as from_date,
    cast(null as date) as to_date,
    cast(null as varchar) as feed,
    cast(null as varchar) as reason
where 1 = 0
