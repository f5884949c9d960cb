-- Only its shape: it looks at marts of all domains, which must not hold ops back when one of them can't be built.
select
    cast(null as varchar) as figure,
    cast(null as date) as day,
    cast(null as varchar) as table_name,
    cast(null as double) as value,
    cast(null as double) as expected,
    cast(null as double) as lowest_usual,
    cast(null as double) as highest_usual,
    cast(null as double) as deviation,
    cast(null as bigint) as comparable_days,
    cast(null as varchar) as compared_with,
    cast(null as varchar) as outcome
where 1 = 0
