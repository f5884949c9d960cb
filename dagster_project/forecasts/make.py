"""Forecasts of a release: of every figure's series in its tables, up to the last whole week or month.

They change where their series does: what the release before it says of the same history is taken over. So most nights
forecast nothing anew, and a release's forecasts are still a function of its tables alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.forecasts import predict
from dagster_project.forecasts.figures import Figure
from dagster_project.forecasts.predict import DAY, MONTH, Forecast, forecast
from dagster_project.warehouse.fingerprint import describe, qualified
from dagster_project.warehouse.local_days import last_whole_day
from dagster_project.warehouse.release.history import COLUMNS, FORECASTS, create_table
from dagster_project.warehouse.release.within import lacks_a_table, within

GRAINS = {"day": DAY, "month": MONTH}
# Of a figure's series those with the largest newest values: a fleet's fullest disks, a product's most used features.
MOST_SUBJECTS = 20

# The first day or month may be a part of one. Of a table of which each night deletes the oldest day the series is the
# same for a week or a month.
_BEGINS = {
    "day": "date_trunc('week', min(period) + interval 7 days)",
    "month": "date_trunc('month', min(period) + interval 1 month)",
}
# A series is complete: a period without a row is zero, or what was before it. It is rounded, because the last bits of a
# sum of doubles depend on the order of its parts, and would be another series.
_SERIES = """
insert into forecast_series
with found as (
    select cast(subject as varchar) as subject, cast(period as date) as period, round(cast(value as double), 6) as value
    from ({sql})
),
known as (
    select * from found where value is not null and period between $since and $until
),
subjects as (
    select subject, min(period) as first_period, cast({begins} as date) as begins
    from known
    group by subject
    having max(period) >= $alive_from
    order by max_by(value, period) desc, subject
    limit {most}
),
periods as (
    select subject, begins, cast(unnest(generate_series(first_period, $until, interval 1 {grain})) as date) as period
    from subjects
),
complete as (
    select subject, begins, period,
        case when $kind in ('count', 'amount') then coalesce(value, 0)
        else last_value(value ignore nulls) over (partition by subject order by period) end as value
    from periods left join known using (subject, period)
)
select $figure, subject, $grain, $kind, $until, list(value order by period),
    md5(concat_ws('|', $stamp, $kind, $grain, $until, list(value order by period)))
from complete
where period >= begins
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
    if before and _has_forecasts(connection, before):
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
        try:
            found = forecast(np.array(series), kind, GRAINS[grain])
        except Exception as error:  # whatever a numeric library comes upon, the release is published
            report(f"warn: no forecast of {figure}, {subject}: {type(error).__name__}: {error}")
            continue
        if found:
            _insert(connection, release, (figure, subject, grain, until, inputs), found)


def same_forecasts(connection: duckdb.DuckDBPyConnection, release: str, figures: Iterable[Figure], zone: str) -> bool:
    """Whether an attached release holds the forecasts that would be made of its tables now."""
    _find_series(connection, release, figures, zone, lambda message: None)
    if not _has_forecasts(connection, release):
        return False
    held = f"select distinct figure, subject, inputs from {qualified(release, FORECASTS)}"
    wanted = "select figure, subject, inputs from forecast_series"
    differing = f"from (({held}) except ({wanted})) union all (({wanted}) except ({held})) limit 1"
    return not connection.execute(differing).fetchall()


def _has_forecasts(connection: duckdb.DuckDBPyConnection, release: str) -> bool:
    """Whether a release has them in today's columns."""
    found = describe(connection, release).get(FORECASTS)
    return found is not None and set(found.columns) == set(COLUMNS[FORECASTS])


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
    stamp = _stamp()
    with within(connection, release, zone) as as_of:
        for figure in figures:
            if figure.domain in as_of:
                _find(connection, figure, last_whole_day(as_of[figure.domain], zone), stamp, report)


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
    except duckdb.Error as error:
        if not lacks_a_table(error):
            report(f"warn: no forecast of {figure.name}: {error}")


def _until(last: date, grain: str) -> date:
    """The last day of the last whole week, or the first of the last whole month, up to the end of a day."""
    if grain == "day":
        return last - timedelta(days=last.isoweekday() % 7)
    return ((last + timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=1)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    release: str,
    series: tuple[str, str, str, date, str],
    found: Forecast,
) -> None:
    """The rows of one series, given by figure, subject, grain, last known period and inputs."""
    figure, subject, grain, until, inputs = series
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
    code = b"".join(Path(file).read_bytes() for file in (predict.__file__, __file__))
    return sha256(code + version("statsmodels").encode()).hexdigest()[:16]
