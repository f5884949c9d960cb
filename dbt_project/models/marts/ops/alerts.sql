-- Only its shape: publishing looks for alerts in the tables of the release that it writes (dagster_project/alerts).
select
    cast(null as varchar) as rule,
    cast(null as varchar) as priority,
    cast(null as varchar) as response_time,
    cast(null as varchar) as title,
    cast(null as varchar) as subject,
    cast(null as timestamp) as began_at,
    cast(null as timestamp) as ended_at,
    cast(null as boolean) as is_ongoing,
    cast(null as bigint) as observations,
    cast(null as varchar) as detail,
    cast(null as varchar) as remedy
where 1 = 0
