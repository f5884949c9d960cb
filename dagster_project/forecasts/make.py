"""Forecasts of a release: of every figure's series in its tables, up to the last whole week or month.

They change where their series does: what the release before it says of the same history is taken over. So most nights
forecast nothing anew, and a release's forecasts are still a function of its tables alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.forecasts import predict
from dagster_project.forecasts.figures import Figure
from dagster_project.forecasts.predict import DAY, MONTH, forecast
from dagster_project.warehouse.fingerprint import describe, qualified, quoted
from dagster_project.warehouse.local_days import last_whole_day, local_day
from dagster_project.warehouse.release.history import COLUMNS, FORECASTS, create_table

GRAINS = {"day": DAY, "month": MONTH}
# Of a figure's series those with the largest newest values: a fleet's fullest disks, a product's most used features.
MOST_SUBJECTS = 20

# Days from a Monday on: the first day may be a part of one, and a table of which each night deletes the oldest day has
# the same series for a week.
_BEGINS = {
    "day": "cast(date_trunc('week', min(period) + interval 6 days) as date)",
    "month": "min(period)",
}
# A series is complete: a period without a row is zero, or what was before it.
_SERIES = """
insert into forecast_series
with found as (
    select cast(subject as varchar) as subject, cast(period as date) as period, cast(value as double) as value
    from ({sql})
),
known as (
    select * from found where value is not null and period between $since and $until
),
subjects as (
    select subject, {begins} as first_period
    from known
    group by subject
    having max(period) >= $alive_from
    order by max_by(value, period) desc, subject
    limit {most}
),
periods as (
    select subject, cast(unnest(generate_series(first_period, $until, interval 1 {grain})) as date) as period
    from subjects
),
complete as (
    select subject, period,
        case when $kind in ('count', 'amount') then coalesce(value, 0)
        else last_value(value ignore nulls) over (partition by subject order by period) end as value
    from periods left join known using (subject, period)
)
select $figure, subject, $grain, $kind, $until, list(value order by period),
    md5(concat_ws('|', $stamp, $kind, $grain, $until, list(value order by period)))
from complete
group by subject
having count(*) >= $least
"""


def write_forecasts(
    connection: duckdb.DuckDBPyConnection,
    release: str,
    before: str | None,
    figures: Iterable[Figure],
    zone: str,
    report: Callable[[str], None],
) -> None:
    """Make ops.forecasts of an attached release that has all of its other tables; some may stand in the one `before`.

    A figure whose tables are missing or lack its columns has no forecast.
    """
    _find_series(connection, release, figures, zone, report)
    create_table(connection, release, FORECASTS, COLUMNS[FORECASTS])
    held = "select '' as figure, '' as subject, '' as inputs where false"
    if before and FORECASTS in describe(connection, before):
        held = f"select distinct figure, subject, inputs from {qualified(before, FORECASTS)}"
        connection.execute(
            f"insert into {qualified(release, FORECASTS)} by name select held.* "
            f"from {qualified(before, FORECASTS)} as held semi join forecast_series using (figure, subject, inputs)"
        )
    new = connection.execute(
        "select figure, subject, grain, kind, until, series, inputs from forecast_series "
        f"anti join ({held}) using (figure, subject, inputs) order by figure, subject"
    ).fetchall()
    if new:
        report(f"forecasting {len(new):,} series of {len({figure for figure, *_ in new}):,} figures")
    for figure, subject, grain, kind, until, series, inputs in new:
        _insert(connection, release, (figure, subject, grain, until, inputs), np.array(series), kind)


def same_forecasts(connection: duckdb.DuckDBPyConnection, release: str, figures: Iterable[Figure], zone: str) -> bool:
    """Whether an attached release holds the forecasts that would be made of its tables now."""
    _find_series(connection, release, figures, zone, lambda message: None)
    if FORECASTS not in describe(connection, release):
        return False
    held = f"select distinct figure, subject, inputs from {qualified(release, FORECASTS)}"
    wanted = "select figure, subject, inputs from forecast_series"
    differing = f"from (({held}) except ({wanted})) union all (({wanted}) except ({held})) limit 1"
    return not connection.execute(differing).fetchall()


def _find_series(
    connection: duckdb.DuckDBPyConnection,
    release: str,
    figures: Iterable[Figure],
    zone: str,
    report: Callable[[str], None],
) -> None:
    """Put the series that are long enough into the temporary table `forecast_series`."""
    connection.execute(
        "create or replace temp table forecast_series (figure varchar, subject varchar, grain varchar, kind varchar, "
        "until date, series double[], inputs varchar)"
    )
    connection.execute(f"create or replace temp macro local_day(moment) as {local_day('moment', zone)}")
    stamp = _stamp()
    before = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute(f"use {quoted(release)}")
    try:
        as_of = dict(connection.execute("select domain, as_of from ops.domain_freshness").fetchall())
        for figure in figures:
            if as_of.get(figure.domain):
                _find(connection, figure, last_whole_day(as_of[figure.domain], zone), stamp, report)
    finally:
        connection.execute(f"use {quoted(before)}")


def _find(
    connection: duckdb.DuckDBPyConnection, figure: Figure, last: date, stamp: str, report: Callable[[str], None]
) -> None:
    grain = GRAINS[figure.grain]
    until, length = _until(last, figure.grain), timedelta(days=1 if figure.grain == "day" else 31)
    known = {
        "figure": figure.name,
        "grain": figure.grain,
        "kind": figure.kind,
        "until": until,
        "since": until - grain.most * length,
        "alive_from": until - grain.season * length,
        "least": grain.least,
        "stamp": stamp,
    }
    try:
        connection.execute(
            _SERIES.format(sql=figure.sql, grain=figure.grain, begins=_BEGINS[figure.grain], most=MOST_SUBJECTS), known
        )
    except duckdb.CatalogException:
        pass  # the table is not there
    except duckdb.Error as error:
        report(f"warn: no forecast of {figure.name}: {error}")


def _until(last: date, grain: str) -> date:
    """The last day of the last whole week, or the first of the last whole month, up to the end of a day."""
    if grain == "day":
        return last - timedelta(days=last.isoweekday() % 7)
    return ((last + timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=1)


def _insert(
    connection: duckdb.DuckDBPyConnection, release: str, row: tuple, series: np.ndarray, kind: predict.Kind
) -> None:
    figure, subject, grain, until, inputs = row
    found = forecast(series, kind, GRAINS[grain])
    if found is None:
        return
    ahead = pa.table({name: np.round(getattr(found, name), 4) for name in ("value", "lowest", "highest")})
    connection.register("ahead", ahead)
    connection.execute(
        f"""
        insert into {qualified(release, FORECASTS)}
        select $figure, $subject, $grain, cast($until + to_{grain}s(cast(row_number() over () as int)) as date),
            value, lowest, highest, $method, round($error, 6), round($naive_error, 6), $until, $inputs
        from ahead
        """,
        {
            "figure": figure,
            "subject": subject,
            "grain": grain,
            "until": until,
            "method": found.method,
            "error": found.error,
            "naive_error": found.naive_error,
            "inputs": inputs,
        },
    )
    connection.unregister("ahead")


def _stamp() -> str:
    """Stands for how it is forecast: other code is another forecast of the same series."""
    return sha256(Path(predict.__file__).read_bytes()).hexdigest()[:16]
