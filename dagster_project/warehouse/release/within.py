"""Asking a release about itself: its tables by their names, its domains' days, days of its time zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import duckdb

from dagster_project.warehouse.fingerprint import quoted
from dagster_project.warehouse.local_days import local_day


def lacks_a_table(error: Exception) -> bool:
    """Whether it says that a table is not there, as in a domain that keeps tables of a former version."""
    return isinstance(error, duckdb.CatalogException) and "Table with name" in str(error)


@contextmanager
def within(connection: duckdb.DuckDBPyConnection, release: str, zone: str) -> Iterator[dict[str, date]]:
    """Make an attached release the default database for a while; yields the as-of day of each domain it has tables of.

    SQL may use the macros local_day(timestamp), the day of the reporting time zone in which a UTC timestamp lies, and
    day_begins(day) and day_ends(day), UTC timestamps.
    """
    connection.execute(f"create or replace temp macro local_day(moment) as {local_day('moment', zone)}")
    for name, day in (("day_begins", "day"), ("day_ends", "day + 1")):
        midnight = f"(cast({day} as timestamp) at time zone '{zone}') at time zone 'UTC'"
        connection.execute(f"create or replace temp macro {name}(day) as {midnight}")
    ((before,),) = connection.execute("select current_database()").fetchall()
    connection.execute(f"use {quoted(release)}")
    try:
        rows = connection.execute("select domain, as_of from ops.domain_freshness where as_of is not null").fetchall()
        yield dict(rows)
    finally:
        connection.execute(f"use {quoted(before)}")
