-- Only its shape: what is usual takes medians of medians; it is computed after the build (warehouse/watch/newest.py).
select
    cast(null as varchar) as feed,
    cast(null as date) as dt,
    cast(null as bigint) as files,
    cast(null as bigint) as lines,
    cast(null as double) as expected_lines,
    cast(null as double) as lowest_usual,
    cast(null as double) as highest_usual,
    cast(null as bigint) as lateness_hours,
    cast(null as varchar) as status,
    cast(null as varchar) as detail
where 1 = 0
