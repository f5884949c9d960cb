"""What a release tells of its inputs: deliveries that are not as expected, and what is provisional because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from dagster_project.warehouse.release.history import PROVISIONAL, read_as_of
from dagster_project.warehouse.watch.feed_health import FEED_HEALTH, SOUND
from dagster_project.warehouse.watch.newest import newest_health


@dataclass(frozen=True)
class FeedDay:
    """A delivery day of a feed; `status` and `detail` are as in ops.feed_health."""

    feed: str
    dt: date
    status: str
    detail: str

    @property
    def is_sound(self) -> bool:
        return self.status in SOUND


@dataclass(frozen=True)
class Provisional:
    """A published table (`schema.name`) that lacks deliveries of a feed, from a day on."""

    table: str
    from_date: date
    feed: str

    @property
    def domain(self) -> str:
        return self.table.split(".")[0]


def read_newest_days(connection: duckdb.DuckDBPyConnection) -> list[FeedDay]:
    """Of an open release each feed's newest day, and earlier ones that need somebody; none where it does not tell."""
    if not _has(connection, FEED_HEALTH):
        return []
    return [FeedDay(*row) for row in newest_health(connection, read_as_of(connection))]


def read_provisional(connection: duckdb.DuckDBPyConnection) -> list[Provisional]:
    """Of an open release, by table and feed; none of a release that does not tell."""
    if not _has(connection, PROVISIONAL):
        return []
    rows = connection.execute(
        f"select table_schema || '.' || table_name, from_date, feed from {PROVISIONAL} order by all"
    ).fetchall()
    return [Provisional(*row) for row in rows]


def provisional_in_words(tables: Sequence[Provisional]) -> dict[str, str]:
    """By domain, from which day on how many of its tables are provisional, and which feeds lack deliveries."""
    told = {}
    for domain in dict.fromkeys(table.domain for table in tables):
        own = [table for table in tables if table.domain == domain]
        names = {table.table for table in own}
        feeds = ", ".join(sorted({table.feed for table in own}))
        what = "1 table" if len(names) == 1 else f"{len(names)} tables"
        first = min(table.from_date for table in own)
        told[domain] = f"{what} from {first} on, for want of deliveries of {feeds}"
    return told


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".")
    tables = "from duckdb_tables() where database_name = current_database() and schema_name = ? and table_name = ?"
    return bool(connection.execute(tables, [schema, name]).fetchall())
