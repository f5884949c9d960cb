"""What is older than its class may be kept: `warehouse retain --dry-run`.

The class of a feed stands in its contract, the days in settings. Of `metrics`, what was delivered is kept for
`metrics_raw_days`, figures by the hour for `metrics_aggregated_days`, figures by the day for `metrics_historical_days`;
of logs, what was delivered for the days of their class (the figures made of it name no line of it); `business` stays.

Nothing is deleted yet. The models compute a touched day anew from its rows, and after a killed build or a changed
definition all days: where rows are gone, that would take the day's figures with them. First, therefore:

1. A day is closed before its rows go: the loader quarantines what arrives for it later, so that nothing touches it.
2. Rows go only after a release of the domain holds the day (`ops.domain_freshness`), and one day later than it is
   closed, since a figure of the first open day may need the last row of the day before (integrations do).
3. A full build puts back the closed days of every table with a day or hour in its key, from the current release, and
   refuses where the definition's columns changed.
4. State without a period (when an error was first seen) is merged with what was known, never made from rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.contract import RAW_SCHEMA, Feed, read_contracts
from dagster_project.warehouse.database import only_row, open_database
from dagster_project.warehouse.fingerprint import describe, qualified, quoted
from dagster_project.warehouse.gate.dbt_results import feeds_of, primary_keys, published_tables
from dagster_project.warehouse.load.landing import scan
from dagster_project.warehouse.release.files import current_id
from dagster_project.warehouse.release.releases import open_release

# A row may be 24 hours later than the end of its delivery day, and its local day a day off the UTC one.
LANDING_MARGIN = timedelta(days=3)


@dataclass(frozen=True)
class Expired:
    """What of one table or feed is older than `first_kept`: rows, or files of the landing zone."""

    place: str
    what: str
    retention: str
    first_kept: date
    count: int


def find_expired(settings: Settings, as_of: date, manifest: Mapping[str, Any]) -> Iterator[Expired]:
    """What is past its limit as of a day; `manifest` is dbt's, for which figures are made of which feeds."""
    feeds = [feed for feed in read_contracts().values() if feed.retention != "business"]
    yield from _in_landing(settings, as_of, feeds)
    yield from _in_candidate(settings, as_of, feeds)
    yield from _in_release(settings, as_of, manifest)


def first_kept(reporting: Reporting, retention: str, as_of: date) -> date:
    """The oldest day of which what was delivered is kept; a limit of 7 days keeps the as-of day and 6 before it."""
    limit = f"{retention}_raw_days" if retention == "metrics" else f"{retention}_days"
    return as_of - timedelta(days=getattr(reporting, limit) - 1)


def _in_landing(settings: Settings, as_of: date, feeds: list[Feed]) -> Iterator[Expired]:
    deliveries = scan(settings.landing, read_contracts()).deliveries
    for feed in feeds:
        oldest = first_kept(settings.reporting, feed.retention, as_of)
        count = sum(1 for one in deliveries if one.feed == feed.name and one.dt + LANDING_MARGIN <= oldest)
        if count:
            yield Expired("landing", f"{feed.name}, files", feed.retention, oldest, count)


def _in_candidate(settings: Settings, as_of: date, feeds: list[Feed]) -> Iterator[Expired]:
    if not settings.candidate.exists():
        return
    zone = settings.reporting.reporting_timezone
    with open_database(settings.candidate, read_only=True) as connection:
        present = describe(connection, settings.candidate.stem)
        for feed in feeds:
            oldest = first_kept(settings.reporting, feed.retention, as_of)
            day = f"cast(({quoted(feed.event_time)} at time zone 'UTC') at time zone '{zone}' as date)"
            for table in (f"{RAW_SCHEMA}.{feed.name}", f"superseded.{feed.name}"):
                if table in present:
                    count = only_row(connection, f"select count(*) from {table} where {day} < ?", [oldest])[0]
                    if count:
                        yield Expired("candidate", table, feed.retention, oldest, count)


def _in_release(settings: Settings, as_of: date, manifest: Mapping[str, Any]) -> Iterator[Expired]:
    release_id = current_id(settings)
    if release_id is None:
        return
    with open_release(settings) as connection:
        for table, kind in _periods_of_metrics(connection, release_id, manifest).items():
            period, is_hourly = kind
            reporting = settings.reporting
            days = reporting.metrics_aggregated_days if is_hourly else reporting.metrics_historical_days
            oldest = as_of - timedelta(days=days - 1)
            sql = f"select count(*) from {qualified(release_id, table)} where {quoted(period)} < ?"
            count = only_row(connection, sql, [oldest])[0]
            if count:
                yield Expired("published", table, "metrics", oldest, count)


def _periods_of_metrics(
    connection: duckdb.DuckDBPyConnection, release_id: str, manifest: Mapping[str, Any]
) -> dict[str, tuple[str, bool]]:
    """The published tables that are made of metrics alone: the day or hour in the key, and whether it is an hour."""
    present, keys, found = describe(connection, release_id), primary_keys(manifest), {}
    classes = {name: feed.retention for name, feed in read_contracts().items()}
    for table in (table for tables in published_tables(manifest).values() for table in tables if table in present):
        if {classes[feed] for feed in feeds_of(manifest, table)} == {"metrics"}:
            columns = present[table].columns
            period = next((name for name in keys.get(table, ()) if columns[name] in ("DATE", "TIMESTAMP")), None)
            if period:
                found[table] = (period, columns[period] == "TIMESTAMP")
    return found
