"""Whether the newest figures are as usual: every key figure and the size of every feed's deliveries, by usual.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from dagster_project.warehouse.watch.key_figures import KEY_FIGURES, KeyFigure

ANOMALIES = "ops.anomalies"
USUAL, UNUSUAL, NOT_ENOUGH_HISTORY = "usual", "unusual", "not enough history"

SERIES = """
    create or replace temp table series (series varchar, kind varchar, day date, value double, basis bigint)
"""

# Rounded: the last bits of a sum of doubles depend on the order of its parts, and would make a release new.
_ANOMALIES = f"""
insert into ops.anomalies
select series.series as figure, series.day, told.table_name, round(series.value, 6) as value,
    round(usual.expected, 6) as expected, round(usual.lowest_usual, 6) as lowest_usual,
    round(usual.highest_usual, 6) as highest_usual, round(usual.deviation, 3) as deviation,
    coalesce(usual.comparable_days, 0) as comparable_days, usual.compared_with,
    case
        when usual.is_unusual is null then '{NOT_ENOUGH_HISTORY}'
        when usual.is_unusual then '{UNUSUAL}'
        else '{USUAL}'
    end as outcome
from series
inner join told using (series)
left join usual using (series, day)
where series.day >= $first_day
"""


def add_key_figures(
    connection: duckdb.DuckDBPyConnection, figures: Iterable[KeyFigure], last_day: date, zone: str
) -> None:
    """Put key figures up to a day of a time zone into the temporary table `series`.

    A day without rows is a zero of a count or an amount; of a rate it is no value.
    """
    found = " union all ".join(figure.sql(zone) for figure in figures)
    if not found:
        return
    connection.execute(
        f"""
        insert into series
        with figures as (
            select * from ({found}) where value is not null and day <= $last_day
        ),
        zeros as (
            select series, kind, unnest(generate_series(min(day), $last_day::date, interval 1 day))::date as day
            from figures where kind <> 'rate' group by series, kind
        )
        from figures
        union all
        select series, kind, day, 0, 0 from zeros anti join figures using (series, day)
        """,
        {"last_day": last_day},
    )


def write_anomalies(connection: duckdb.DuckDBPyConnection, first_day: date) -> None:
    """Fill ops.anomalies with the outcome of every day of `series` from a day on, as `usual` has it."""
    connection.execute("""
        create or replace temp table told as
        select distinct series, 'raw.' || substr(series, 9) as table_name from series
        where starts_with(series, 'rows of ')
    """)
    connection.executemany("insert into told values (?, ?)", [[figure.name, figure.table] for figure in KEY_FIGURES])
    connection.execute("delete from ops.anomalies")
    connection.execute(_ANOMALIES, {"first_day": first_day})


def computable_figures(connection: duckdb.DuckDBPyConnection) -> list[KeyFigure]:
    """Those whose tables are there with the columns that they read; ask outside of a transaction, which a no aborts.

    A table is missing, or has the columns of a former definition, where its model could not be built.
    """
    return [figure for figure in KEY_FIGURES if _is_computable(connection, figure)]


def _is_computable(connection: duckdb.DuckDBPyConnection, figure: KeyFigure) -> bool:
    try:
        connection.execute(f"explain {figure.sql('UTC')}").fetchall()
    except (duckdb.BinderException, duckdb.CatalogException):
        return False
    return True
