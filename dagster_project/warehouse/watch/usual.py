"""What is usual of a daily figure, from its own history: robust, seasonal, and without the day that is judged.

A day is compared with the same weekday of the 12 weeks before it and with the same time of the month (two days to
either side, weekends with weekends) of the 6 months before; the history that explains it better counts. The last day of
a month is compared with last days of months, once there are enough of them. Counts and amounts are compared as
multiples of the median of the 14 days before their day, so that growth is no anomaly, and by their square roots, whose
scatter does not grow with their size (Anscombe 1948); rates as they are.

    deviation = (value - median) / max(1.4826 * MAD, noise)

1.4826 makes the median absolute deviation (MAD) estimate the standard deviation of a normal distribution (Hampel 1974).
`noise` is what chance alone does to a figure of that size, so that a series without any scatter is not alarmed by the
first thing that happens: of the root of a count 1/2; of the root of an amount, the root of its level divided by the
root of the number of payments; of a rate its binomial standard error (at least one case); 1 % of a root at least.
"""

from __future__ import annotations

from datetime import date

import duckdb

WEEKS, MONTHS, LEVEL_DAYS = 12, 6, 14
# Fewer comparable days, or fewer days to take the level from, say nothing: the outcome is 'not enough history'.
LEAST_COMPARABLE, LEAST_LEVEL_DAYS = 5, 7
# A deviation of more than this is unusual (Iglewicz and Hoaglin 1993).
THRESHOLD = 3.5

_NOISE = """
    case kind
        when 'count' then greatest(0.5, 0.01 * centre)
        when 'amount' then sqrt(level) * greatest(1 / sqrt(greatest(basis, 1)), 0.01)
        else greatest(sqrt(greatest(centre * (1 - centre), 0) / greatest(basis, 1)), 1 / greatest(basis, 1))
    end
"""

_USUAL = f"""
create or replace temp table usual as
with levels as (
    select series.*,
        case kind when 'rate' then 1 when 'count' then greatest(median(value) over before, 1)
            else median(value) over before end as level,
        count(*) over before as level_days,
        last_day(day) = day as is_month_end, isodow(day) >= 6 as is_weekend,
        case when day(day) <= 15 then day(day) else day(day) - day(last_day(day)) - 1 end as time_of_month
    from series
    window before as (
        partition by series order by day
        range between interval {LEVEL_DAYS} days preceding and interval 1 day preceding
    )
),
leveled as (
    select *, if(kind = 'rate', value, sqrt(value / level)) as form from levels
    where level_days >= {LEAST_LEVEL_DAYS} and level > 0
),
tested as (
    select *, if(kind = 'rate', 1, sqrt(level)) as unit from leveled where day >= $tested_from
),
comparable as (
    select tested.*, 'weekday' as season, past.form as past_form
    from tested
    inner join leveled as past
        on past.series = tested.series and past.day < tested.day and past.day >= tested.day - {7 * WEEKS}
        and dayofweek(past.day) = dayofweek(tested.day)
    union all
    select tested.*, if(tested.is_month_end, 'month end', 'time of the month') as season, past.form as past_form
    from tested
    inner join leveled as past
        on past.series = tested.series and past.day < tested.day - 15 and past.day >= tested.day - {31 * MONTHS}
        and past.is_month_end = tested.is_month_end
        and (tested.is_month_end or (
            abs(past.time_of_month - tested.time_of_month) <= 2 and past.is_weekend = tested.is_weekend
        ))
),
histories as (
    select series, day, season, any_value(kind) as kind, any_value(value) as value, any_value(basis) as basis,
        any_value(level) as level, any_value(form) as form, any_value(unit) as unit, list(past_form) as past,
        median(past_form) as middle, count(*) as comparable_days
    from comparable group by series, day, season having count(*) >= {LEAST_COMPARABLE}
),
centred as (
    select *, middle * unit as centre,
        unit * list_aggregate(list_transform(past, lambda one: abs(one - middle)), 'median') as spread
    from histories
),
scaled as (
    select *, greatest(1.4826 * spread, {_NOISE}) as scale, (form * unit - centre) / scale as deviation from centred
),
chosen as (
    select *, if(kind = 'rate', 1, 2) as power from scaled
    qualify row_number() over (
        partition by series, day order by season = 'month end' desc, abs(deviation), season desc
    ) = 1
)
select series, day, value, pow(centre, power) as expected,
    pow(greatest(centre - {THRESHOLD} * scale, 0), power) as lowest_usual,
    if(kind = 'rate', least(centre + {THRESHOLD} * scale, 1), pow(centre + {THRESHOLD} * scale, 2)) as highest_usual,
    deviation, abs(deviation) > {THRESHOLD} as is_unusual, comparable_days, season as compared_with
from chosen
"""


def judge_days(connection: duckdb.DuckDBPyConnection, tested_from: date) -> None:
    """Judge every day from `tested_from` on of the temporary table `series`, into the temporary table `usual`.

    `series` has (series, kind, day, value, basis): `kind` is count, amount or rate, `basis` how many things an amount
    or a rate is of, null for a count. All of it is history. A day that can't be judged for want of history has no row
    in `usual`.
    """
    connection.execute(_USUAL, {"tested_from": tested_from})
