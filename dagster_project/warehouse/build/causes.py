"""Why figures of days that were over may move: what each build took in, kept until the publish step asks.

`load.causes` has one row for a cause and the days that it touches, by feed where a feed has them; a definition touches
all days and has none. Several may touch one day: `CAUSES` says which one then stands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from dagster_project.warehouse.contract import RAW_SCHEMA, Feed
from dagster_project.warehouse.fingerprint import quoted

# The first that applies is the cause of a moved figure; the last also where none is known.
CAUSES = ("earlier as-of day", "definition", "backfill", "erasure", "corrected delivery", "late data")
# It computes the days that it names; what touches a day otherwise also moves windows and cohorts around it.
OF_ITS_DAYS_ALONE = "backfill"
NOW = "cast(now() at time zone 'UTC' as timestamp)"


@dataclass(frozen=True)
class Known:
    """What the build before had taken in: files below the id, as of the day, by the definitions of that stamp."""

    first_file_id: int
    as_of: date | None
    definitions: str | None


def local_day(feed: Feed, timezone: str) -> str:
    """SQL: the day, in the reporting time zone, of a row's event."""
    time = quoted(feed.event_time)
    if next(c for c in feed.columns if c.name == feed.event_time).data_type == "timestamp":
        time = f"({time} at time zone 'UTC') at time zone '{timezone}'"
    return f"cast({time} as date)"


def note_causes(
    connection: duckdb.DuckDBPyConnection,
    feeds: Collection[Feed],
    known: Known,
    definitions: str,
    as_of: date,
    timezone: str,
    recompute: tuple[date | None, date | None],
) -> None:
    """Write down what the build that begins takes in of days that were over; nothing where nothing was built before."""
    if known.definitions is None or known.as_of is None:
        return
    if as_of < known.as_of:
        gone = [as_of + timedelta(days=1), known.as_of]
        connection.execute(f"insert into load.causes values ({NOW}, 'earlier as-of day', null, ?, ?)", gone)
    if known.definitions != definitions:
        connection.execute(f"insert into load.causes values ({NOW}, 'definition', null, null, null)")
    if recompute[0] is not None:
        connection.execute(f"insert into load.causes values ({NOW}, 'backfill', null, ?, ?)", [*recompute])
    for feed in feeds:
        _note_deliveries(connection, feed, known, timezone)


def note_erasure(connection: duckdb.DuckDBPyConnection, feed: Feed, timezone: str) -> None:
    """Write down the days of which an erasure took or changed rows of a feed; they wait in `moved.<feed>`."""
    day = local_day(feed, timezone)
    connection.execute(
        f"insert into load.causes select distinct {NOW}, 'erasure', ?, {day}, {day} from moved.{feed.name}", [feed.name]
    )


def _note_deliveries(connection: duckdb.DuckDBPyConnection, feed: Feed, known: Known, timezone: str) -> None:
    """A row is corrected where one of its key stood before and left, was replaced or came back; else it is late."""
    key, day = ", ".join(map(quoted, feed.key)), local_day(feed, timezone)
    connection.execute(
        f"""
        insert into load.causes
        select distinct {NOW}, case when is_corrected then 'corrected delivery' else 'late data' end, ?, day, day
        from (
            select {day} as day, true as is_corrected from moved.{feed.name}
            union all
            select {day}, coalesce(({key}) in (select {key} from moved.{feed.name}), false)
            from {RAW_SCHEMA}.{feed.name} where _file_id >= {known.first_file_id}
        )
        where day <= ?
        """,
        [feed.name, known.as_of],
    )
