"""Closed days: what was delivered of them is counted in the figures and may be gone, so that nothing touches them.

Retention closes days (privacy/expire.py); nothing is closed where it was never applied. `load.kept_from` has a row for
each feed of which days are closed, those before `kept_from`, and for each table of which figures have left; `opens_at`
is the UTC moment at which that day began. It never goes back: a later run as of an earlier day reopens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.settings import Reporting
from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.fingerprint import quoted

# How a reason of quarantine goes on where only its day is wrong: such lines broke no contract.
OF_A_CLOSED_DAY = "is of a closed day"


@dataclass(frozen=True)
class Closed:
    """The first day that is open of a feed, when it began (UTC), and why what is of an earlier one is not taken in."""

    kept_from: date
    opens_at: datetime
    reason: str


def read_closed(
    connection: duckdb.DuckDBPyConnection, feeds: dict[str, Feed], reporting: Reporting
) -> dict[str, Closed]:
    """By feed, as far as days of it are closed."""
    rows = connection.execute("select name, kept_from, opens_at from load.kept_from").fetchall()
    return {name: Closed(day, at, _reason(feeds[name], day, reporting)) for name, day, at in rows if name in feeds}


def is_open(connection: duckdb.DuckDBPyConnection, feed: Feed) -> str:
    """SQL: whether a row of the feed is of an open day; true where none is closed."""
    found = connection.execute("select opens_at from load.kept_from where name = ?", [feed.name]).fetchall()
    return f"{quoted(feed.event_time)} >= timestamp '{found[0][0]}'" if found else "true"


def keep_from(connection: duckdb.DuckDBPyConnection, name: str, day: date, timezone: str) -> date:
    """Close the days before this one, and return the day from which on all is kept then: never an earlier one."""
    connection.execute(
        "insert into load.kept_from select ?, ?, ? where ? not in (select name from load.kept_from)",
        [name, day, start_of_day(day, timezone), name],
    )
    connection.execute(
        "update load.kept_from set kept_from = ?, opens_at = ? where name = ? and kept_from < ?",
        [day, start_of_day(day, timezone), name, day],
    )
    return connection.execute("select kept_from from load.kept_from where name = ?", [name]).fetchall()[0][0]


def tell_in_zone(connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Have the first kept days begin as they do in the reporting time zone of now."""
    for name, day in connection.execute("select name, kept_from from load.kept_from").fetchall():
        connection.execute("update load.kept_from set opens_at = ? where name = ?", [start_of_day(day, timezone), name])


def start_of_day(day: date, timezone: str) -> datetime:
    """When a day of a time zone begins, in UTC."""
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return begins.astimezone(UTC).replace(tzinfo=None)


def limit_days(reporting: Reporting, retention: str) -> int:
    """How many days, the as-of day counted, what was delivered of a class is kept."""
    return int(getattr(reporting, f"{retention}_raw_days" if retention == "metrics" else f"{retention}_days"))


def _reason(feed: Feed, day: date, reporting: Reporting) -> str:
    kept = f"{feed.retention.replace('_', ' ')} are kept for {limit_days(reporting, feed.retention)} days"
    return f"{feed.event_time} {OF_A_CLOSED_DAY}, before {day}: {kept}"
