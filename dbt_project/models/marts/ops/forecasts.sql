-- Only its shape: publishing forecasts the tables of the release that it writes (dagster_project/forecasts).
select
    cast(null as varchar) as figure,
    cast(null as varchar) as subject,
    cast(null as varchar) as grain,
    cast(null as date) as period,
    cast(null as double) as value,
    cast(null as double) as lowest,
    cast(null as double) as highest,
    cast(null as varchar) as method,
    cast(null as double) as error,
    cast(null as double) as naive_error,
    cast(null as date) as trained_until,
    cast(null as varchar) as inputs
where 1 = 0
