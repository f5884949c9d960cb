"""What the warehouse says of its inputs and newest figures after each build.

dbt makes ops.feed_health, ops.anomalies and ops.provisional_periods empty, with their descriptions; they are filled
here, before the gate looks.
Nothing of it holds a domain back: a delivery that lacks, and a figure that is unusual, are warnings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.gate.verdict import Check
from dagster_project.warehouse.local_days import last_whole_day
from dagster_project.warehouse.release.history import PROVISIONAL
from dagster_project.warehouse.watch.anomalies import (
    ANOMALIES,
    SERIES,
    UNUSUAL,
    USUAL,
    add_key_figures,
    computable_figures,
    write_anomalies,
)
from dagster_project.warehouse.watch.feed_health import (
    FEED_HEALTH,
    FEED_SIZES,
    SOUND,
    TOLD_FOR_A_WEEK,
    first_shown_day,
    write_feed_health,
)
from dagster_project.warehouse.watch.key_figures import KEY_FIGURES
from dagster_project.warehouse.watch.provisional import (
    WAITING_DAYS,
    feeds_of_tables,
    write_provisional_periods,
)
from dagster_project.warehouse.watch.usual import judge_days


def watch(
    connection: duckdb.DuckDBPyConnection,
    feeds: Collection[Feed],
    manifest: Mapping[str, Any],
    as_of: date,
    zone: str,
) -> None:
    """Fill the three tables in the candidate that was just built; nothing where dbt could not make them."""
    if not _are_there(connection):
        return
    figures = computable_figures(connection)
    connection.execute("begin")
    connection.execute(SERIES)
    connection.execute(FEED_SIZES, {"as_of": as_of})
    add_key_figures(connection, figures, last_whole_day(as_of, zone), zone)
    first_day = first_shown_day(as_of)
    judge_days(connection, first_day)
    write_feed_health(connection, feeds, as_of)
    write_anomalies(connection, first_day)
    write_provisional_periods(connection, feeds_of_tables(manifest), as_of, zone)
    connection.execute("commit")


def read_watch_checks(settings: Settings, as_of: date) -> list[Check]:
    """Of the candidate: a warning check for each feed and key figure of which something can be said.

    What lacks the history to be judged has no check: it neither passed nor failed.
    """
    with open_database(settings.candidate, read_only=True) as connection:
        if not _are_there(connection):
            return []
        day = last_whole_day(as_of, settings.reporting.reporting_timezone)
        return [*_feed_checks(connection, read_contracts().values(), as_of), *_figure_checks(connection, day)]


def newest_health(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[tuple[str, date, str, str]]:
    """(feed, dt, status, detail) of each feed's newest expected day, and of those of a week that need somebody.

    An older day that was late, small or large was told of when it was the newest.
    """
    return connection.execute(
        f"""
        select feed, dt, status, detail from ops.feed_health
        where dt > $as_of - {WAITING_DAYS}
        qualify status in {TOLD_FOR_A_WEEK} or row_number() over (partition by feed order by dt desc) = 1
        order by feed, dt
        """,
        {"as_of": as_of},
    ).fetchall()


def feed_check_name(feed: str) -> str:
    """The check of a feed's newest deliveries."""
    return f"raw.{feed} is delivered as expected"


def _feed_checks(connection: duckdb.DuckDBPyConnection, feeds: Collection[Feed], as_of: date) -> list[Check]:
    newest: dict[str, list[tuple[date, str, str]]] = {}
    for name, dt, status, detail in newest_health(connection, as_of):
        newest.setdefault(name, []).append((dt, status, detail))
    checks = []
    for feed in feeds:
        days = newest.get(feed.name, [])
        wrong = [(dt, status, detail) for dt, status, detail in days if status not in SOUND]
        if wrong or any(status == "ok" for _, status, _ in days):
            observed = ", ".join(f"{dt}: {status}" for dt, status, _ in wrong or days[-1:])
            told = "; ".join(f"{dt}: {detail}" for dt, _, detail in wrong) or None
            checks.append(_warning(feed_check_name(feed.name), feed.domain, not wrong, observed, told))
    return checks


def _figure_checks(connection: duckdb.DuckDBPyConnection, day: date) -> list[Check]:
    domains = {figure.name: figure.domain for figure in KEY_FIGURES}
    rows = connection.execute(
        f"""
        select figure, table_name, outcome = '{USUAL}', format('{{:.6g}}', value),
            format('on {{}}; expected {{:.4g}}, usual {{:.4g}} to {{}} ({{}}, {{}} days)', day, expected, lowest_usual,
                coalesce(format('{{:.4g}}', highest_usual), 'any'), compared_with, comparable_days)
        from {ANOMALIES} where day = ? and outcome in ('{USUAL}', '{UNUSUAL}') order by figure
        """,
        [day],
    ).fetchall()
    return [
        _warning(f"{figure} of {table} is as usual", domains[figure], passed, observed, None if passed else detail)
        for figure, table, passed, observed, detail in rows
        if figure in domains
    ]


def _warning(name: str, domain: str, passed: bool, observed: str, detail: str | None) -> Check:
    # the interface knows two tools; these checks read tables that dbt declares
    return Check(name, domain, "dbt", "warn", passed, observed, detail)


def _are_there(connection: duckdb.DuckDBPyConnection) -> bool:
    wanted = {FEED_HEALTH, ANOMALIES, PROVISIONAL}
    rows = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return wanted <= {table for (table,) in rows}
