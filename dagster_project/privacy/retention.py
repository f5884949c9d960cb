"""What is older than its class may be kept, and what of it can't go yet; expire.py deletes it.

The class of a feed stands in its contract, the days in settings. Of `metrics`, what was delivered is kept for
`metrics_raw_days`, figures by the hour for `metrics_aggregated_days`, figures by the day for `metrics_historical_days`;
of logs, what was delivered for the days of their class (the figures made of it name no line of it); `business` stays.

Nothing that a figure still needs goes:

1. A day is closed `MARGIN_DAYS` before its rows go (load/closed_days.py): what is delivered of it later ends in
   quarantine, so that nothing touches its figures. They hold the rows by then, and stay.
2. Figures of the first open days need rows before them: the last check of an integration, the sample before, a burst
   of failed logins that began the evening before. No model looks back further than a day, from a day that a row of the
   day after touches: hence the margin.
3. Rows go only after a release of every domain that is made of them holds them. A domain that is held back keeps all.
4. A full build keeps the figures of closed days (build/kept.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.build.kept import incremental_models
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import only_row, open_database
from dagster_project.warehouse.fingerprint import describe, quoted
from dagster_project.warehouse.gate.dbt_results import feeds_of, feeds_of_node, primary_keys, published_tables
from dagster_project.warehouse.gate.verdict import DOMAINS
from dagster_project.warehouse.load.closed_days import limit_days, start_of_day
from dagster_project.warehouse.load.landing import Delivery, scan
from dagster_project.warehouse.load.ledger import next_file_id
from dagster_project.warehouse.release.files import current_id
from dagster_project.warehouse.release.history import read_freshness
from dagster_project.warehouse.release.releases import open_release

MARGIN_DAYS = 2
# The as-of day and the one before it stay open whatever the limit: a night's files tell of both.
ALWAYS_OPEN_DAYS = 2


@dataclass(frozen=True)
class Expired:
    """What of one feed or table is older than `first_kept`: files of the landing zone, raw texts, rows or figures."""

    place: str
    what: str
    retention: str
    first_kept: date
    count: int


@dataclass(frozen=True)
class Past:
    """Rows of a table of the candidate that are past their limit; `condition` is SQL, `what` is how they are told."""

    place: str
    what: str
    retention: str
    first_kept: date
    table: str
    condition: str


def find_expired(settings: Settings, as_of: date, manifest: Mapping[str, Any]) -> Iterator[Expired]:
    """What is past its limit as of a day; `manifest` is dbt's, for which figures are made of which feeds."""
    if not settings.candidate.exists():
        return
    reporting = settings.reporting
    with open_database(settings.candidate, read_only=True) as connection:
        for feed in limited_feeds().values():
            files = past_files(settings, connection, feed, as_of)
            if files:
                oldest = first_kept(reporting, feed.retention, as_of)
                yield Expired("landing", feed.name, feed.retention, oldest, len(files))
            for past in past_rows(connection, reporting, feed, as_of, manifest):
                yield from _counted(connection, past)
        for past in past_figures(connection, reporting, as_of, manifest):
            yield from _counted(connection, past)


def limited_feeds() -> dict[str, Feed]:
    """The feeds of which not everything is kept for good."""
    return {name: feed for name, feed in read_contracts().items() if feed.retention != "business"}


def first_kept(reporting: Reporting, retention: str, as_of: date) -> date:
    """The oldest day of which what was delivered is kept; a limit of 7 days keeps the as-of day and 6 before it.

    Limits of less than four days keep the open days and the margin before them all the same.
    """
    oldest = as_of - timedelta(days=limit_days(reporting, retention) - 1)
    return min(oldest, as_of - timedelta(days=ALWAYS_OPEN_DAYS - 1 + MARGIN_DAYS))


def first_open(reporting: Reporting, retention: str, as_of: date) -> date:
    """The oldest day for which rows are taken in once those before `first_kept` are gone."""
    return first_kept(reporting, retention, as_of) + timedelta(days=MARGIN_DAYS)


def waiting(settings: Settings, manifest: Mapping[str, Any]) -> dict[str, str]:
    """By feed with a limit, why nothing of it may go yet: it is not in the current release of all it is made into."""
    feeds = limited_feeds()
    with open_database(settings.candidate, read_only=True) as connection:
        reason, built = _reason_not_built(connection)
    if reason:
        return dict.fromkeys(feeds, reason)
    held = held_domains(settings, built)
    domains = {feed.name: _domains(feed, manifest) for feed in feeds.values()}
    return {name: held[d] for name, made_into in domains.items() for d in sorted(made_into) if d in held}


def held_domains(settings: Settings, built: date = date.min) -> dict[str, str]:
    """By domain, why nothing of it goes: it is held back, or was not published as of the day of the last build."""
    release_id = current_id(settings)
    if release_id is None:
        return dict.fromkeys(DOMAINS, "nothing was published yet")
    with open_release(settings) as connection:
        states = read_freshness(connection, release_id)
    held = {domain: f"{domain} is held back: {state.reason}" for domain, state in states.items() if state.is_held_back}
    return held | {
        domain: f"{domain} was not published as of {built}"
        for domain, state in states.items()
        if domain not in held and (state.as_of is None or state.as_of < built)
    }


def past_files(
    settings: Settings, connection: duckdb.DuckDBPyConnection, feed: Feed, as_of: date
) -> dict[int, Delivery]:
    """By the ledger's id, loaded files that lie in the landing zone and hold nothing of a day that is kept."""
    entered = connection.execute(
        f"select dt, file, identity, _file_id from load.deliveries where {_is_past(settings.reporting, feed, as_of)}"
    ).fetchall()
    known = {(dt, file, identity): file_id for dt, file, identity, file_id in entered}
    found = scan(settings.landing, [feed.name]).deliveries if known else []
    return {known[d.dt, d.file, d.identity]: d for d in found if (d.dt, d.file, d.identity) in known}


def past_rows(
    connection: duckdb.DuckDBPyConnection, reporting: Reporting, feed: Feed, as_of: date, manifest: Mapping[str, Any]
) -> Iterator[Past]:
    """Of a feed: its rows, those of metrics' steps in between, which are as fine, and texts in quarantine."""
    oldest = first_kept(reporting, feed.retention, as_of)
    began = start_of_day(oldest, reporting.reporting_timezone)
    rows = dict.fromkeys((f"raw.{feed.name}", f"superseded.{feed.name}"), feed.event_time)
    if feed.retention == "metrics":
        rows |= dict.fromkeys(_steps(connection, feed, manifest), "hour")
    for table, time in rows.items():
        yield Past("rows", table, feed.retention, oldest, table, f"{quoted(time)} < timestamp '{began}'")
    files = f"select _file_id from load.deliveries where {_is_past(reporting, feed, as_of)}"
    condition = f"raw_text is not null and _file_id in ({files})"
    yield Past("quarantine", feed.name, feed.retention, oldest, "load.quarantine", condition)


def past_figures(
    connection: duckdb.DuckDBPyConnection, reporting: Reporting, as_of: date, manifest: Mapping[str, Any]
) -> Iterator[Past]:
    """Of metrics: the published tables by the hour and by the day; never younger than rows that are kept."""
    youngest = first_kept(reporting, "metrics", as_of)
    for table, (period, is_hourly) in _periods_of_metrics(connection, manifest).items():
        days = reporting.metrics_aggregated_days if is_hourly else reporting.metrics_historical_days
        oldest = min(as_of - timedelta(days=days - 1), youngest)
        began = start_of_day(oldest, reporting.reporting_timezone)
        value = f"timestamp '{began}'" if is_hourly else f"date '{oldest}'"
        yield Past("figures", table, "metrics", oldest, table, f"{quoted(period)} < {value}")


def _counted(connection: duckdb.DuckDBPyConnection, past: Past) -> Iterator[Expired]:
    count = only_row(connection, f"select count(*) from {past.table} where {past.condition}")[0]
    if count:
        yield Expired(past.place, past.what, past.retention, past.first_kept, count)


def _is_past(reporting: Reporting, feed: Feed, as_of: date) -> str:
    """SQL over the ledger: a file of the feed that was delivered, and whose last row happened, before the limit."""
    oldest = first_kept(reporting, feed.retention, as_of)
    began = start_of_day(oldest, reporting.reporting_timezone)
    return (
        f"feed = '{feed.name}' and status <> 'unsettled' and dt < date '{oldest}' "
        f"and coalesce(last_event_at < timestamp '{began}', true)"
    )


def _reason_not_built(connection: duckdb.DuckDBPyConnection) -> tuple[str | None, date]:
    progress = connection.execute("select is_complete, first_file_id, as_of from load.progress").fetchall()
    if not progress or progress[0][2] is None:
        return "the models were not built yet", date.min
    is_complete, first_file_id, built = progress[0]
    if is_complete and first_file_id == next_file_id(connection):
        return None, built
    return "the models have not taken in everything that was loaded", built


def _domains(feed: Feed, manifest: Mapping[str, Any]) -> set[str]:
    """The domains that publish something made of the feed."""
    made = {
        domain
        for domain, tables in published_tables(manifest).items()
        if any(feed.name in feeds_of(manifest, table) for table in tables)
    }
    return made | {feed.domain}


def _steps(connection: duckdb.DuckDBPyConnection, feed: Feed, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Incremental tables by the hour between the feed and what is published."""
    present = describe(connection, only_row(connection, "select current_database()")[0])
    for unique_id, table in incremental_models(manifest):
        is_step = table.startswith("intermediate.") and table in present and "hour" in present[table].columns
        if is_step and feeds_of_node(manifest, unique_id) == {feed.name}:
            yield table


def _periods_of_metrics(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]
) -> dict[str, tuple[str, bool]]:
    """The published tables that are made of metrics alone: the day or hour in the key, and whether it is an hour."""
    present = describe(connection, only_row(connection, "select current_database()")[0])
    keys, found = primary_keys(manifest), {}
    classes = {name: feed.retention for name, feed in read_contracts().items()}
    for table in (table for tables in published_tables(manifest).values() for table in tables if table in present):
        if {classes[feed] for feed in feeds_of(manifest, table)} == {"metrics"}:
            columns = present[table].columns
            period = next((name for name in keys.get(table, ()) if columns[name] in ("DATE", "TIMESTAMP")), None)
            if period:
                found[table] = (period, columns[period] == "TIMESTAMP")
    return found
