"""The ledger: what was delivered, what became of it, and what lies in the landing zone that is no delivery.

`load.deliveries` counts, for every file, lines = loaded + duplicates + quarantined; `load.quarantine` has what broke
its contract.
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.database import only_row
from dagster_project.warehouse.load.landing import Delivery, Problem
from dagster_project.warehouse.load.source import Source
from dagster_project.warehouse.load.validation import Judgement


class LedgerError(Exception):
    """A file's lines are not loaded + duplicates + quarantined: a fault of the loader, so that nothing is kept."""


def pending(connection: duckdb.DuckDBPyConnection, deliveries: list[Delivery]) -> tuple[list[Delivery], dict[str, str]]:
    """Of one feed's deliveries those that may be new, and the hash of what was loaded from the same path, if anything.

    What the file system says is unchanged since it was loaded is passed over without being opened.
    """
    known = {
        (dt, file): (identity, sha256)
        for dt, file, identity, sha256 in connection.execute(
            "select dt, file, identity, sha256 from load.deliveries where feed = ?", [deliveries[0].feed]
        ).fetchall()
    }
    waiting = [d for d in deliveries if known.get((d.dt, d.file), ("", ""))[0] != d.identity]
    hashes = {d.path.as_posix(): known[d.dt, d.file][1] for d in waiting if (d.dt, d.file) in known}
    return waiting, hashes


def touch(connection: duckdb.DuckDBPyConnection, deliveries: list[Delivery]) -> None:
    """Remember of one feed's files that the same content lies there under a new date."""
    if not deliveries:
        return
    connection.register("touched", _paths(deliveries))
    connection.execute(
        """
        update load.deliveries set identity = touched.identity from touched
        where feed = ? and deliveries.dt = touched.dt and deliveries.file = touched.file
        """,
        [deliveries[0].feed],
    )
    connection.unregister("touched")


def next_file_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Ids grow with time, so that the rows of a night lie together and are found without a scan of the history."""
    return only_row(connection, "select coalesce(max(_file_id), 0) + 1 from load.deliveries")[0]


def file_ids(connection: duckdb.DuckDBPyConnection, feed: Feed, deliveries: list[Delivery]) -> list[int]:
    """The ids under which other content of the same paths was loaded."""
    connection.register("paths", _paths(deliveries))
    rows = connection.execute(
        "select _file_id from load.deliveries semi join paths using (dt, file) where feed = ?", [feed.name]
    ).fetchall()
    connection.unregister("paths")
    return [file_id for (file_id,) in rows]


def quarantine(connection: duckdb.DuckDBPyConnection, feed: Feed, judgement: Judgement) -> int:
    """Put the rows that are not sound into quarantine, count the blank lines; returns how many of both."""
    connection.execute(f"""
        create or replace temp table rejected as
        select _file_id, _line, {judgement.problem} as _problem, _text, trim(_text, chr(32) || chr(9)) = '' as is_blank
        from ({judgement.rows}) where not ({judgement.is_sound})
    """)
    connection.execute(
        """
        insert into load.quarantine
        select _file_id, ?, ?, null, null, _line, 1, _problem, _text, null from rejected where not is_blank
        """,
        [feed.name, feed.domain],
    )
    connection.execute(
        "insert into blank_lines select _file_id, count(*) from rejected where is_blank group by _file_id"
    )
    return only_row(connection, "select count(*) from rejected")[0]


def take_back_broken(connection: duckdb.DuckDBPyConnection, feed: Feed, broken: list[Source]) -> None:
    """Take back what came of files that turned out to be broken; of each, one entry stays for all its lines."""
    for source in broken:
        connection.execute(f"delete from raw.{feed.name} where _file_id = ?", [source.file_id])
        connection.execute("delete from load.quarantine where _file_id = ?", [source.file_id])
        if not source.vanished:
            connection.execute(
                """
                insert into load.quarantine
                select ?, ?, ?, null, null, null, greatest(? - coalesce(sum(lines), 0), 1), ?, null, null
                from blank_lines where _file_id = ?
                """,
                [source.file_id, feed.name, feed.domain, source.records, source.broken, source.file_id],
            )


def record(connection: duckdb.DuckDBPyConnection, feed: Feed, sources: list[Source]) -> None:
    """Enter files into the ledger, with what became of their lines.

    Raises LedgerError unless lines = loaded + quarantined for each (nothing is a duplicate yet).
    """
    connection.register("sources", _as_table(sources))
    connection.execute(f"""
        create or replace temp table entries as
        select sources.*, coalesce(blank.lines, 0) as blank, coalesce(rows.loaded, 0) as loaded,
            coalesce(rejected.lines, 0) as quarantined, rows.first_event_at, rows.last_event_at
        from sources
        left join (
            select _file_id, sum(lines)::bigint as lines from blank_lines group by _file_id
        ) as blank using (_file_id)
        left join (
            select _file_id, sum(lines)::bigint as lines from load.quarantine
            where _file_id >= (select min(_file_id) from sources) group by _file_id
        ) as rejected using (_file_id)
        left join (
            select _file_id, count(*) as loaded, min("{feed.event_time}")::timestamp as first_event_at,
                max("{feed.event_time}")::timestamp as last_event_at
            from raw.{feed.name} where _file_id >= (select min(_file_id) from sources) group by _file_id
        ) as rows using (_file_id)
    """)
    connection.unregister("sources")
    wrong = connection.execute(
        "select file from entries where reason is null and records - blank <> loaded + quarantined"
    ).fetchall()
    if wrong:
        raise LedgerError(f"{feed.name}: the lines of {wrong[0][0]} do not add up")
    connection.execute(
        """
        insert into load.deliveries by name
        select _file_id, ?::varchar as feed, ?::varchar as domain, dt, file, loaded + quarantined as lines, loaded,
            0 as duplicates, 0 as conflicts, quarantined, first_event_at, last_event_at, loaded_at, bytes, sha256,
            identity, case when reason is null then 'unsettled' else 'quarantined' end as status, reason
        from entries
        """,
        [feed.name, feed.domain],
    )
    connection.execute("""
        update load.quarantine set dt = entries.dt, file = entries.file, quarantined_at = entries.loaded_at
        from entries where load.quarantine._file_id = entries._file_id
    """)


def unsettled(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """feed -> the first of its files that `mark_settled` was not told of since they were recorded."""
    found = "select feed, min(_file_id) from load.deliveries where status = 'unsettled' group by feed"
    return dict(connection.execute(found).fetchall())


def mark_settled(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Note that of the feed's rows one stands for each key."""
    connection.execute(
        "update load.deliveries set status = 'loaded' where status = 'unsettled' and feed = ?", [feed.name]
    )


def _paths(deliveries: list[Delivery]) -> pa.Table:
    return pa.table(
        {
            "dt": pa.array([delivery.dt for delivery in deliveries], pa.date32()),
            "file": pa.array([delivery.file for delivery in deliveries], pa.string()),
            "identity": pa.array([delivery.identity for delivery in deliveries], pa.string()),
        }
    )


def _as_table(sources: list[Source]) -> pa.Table:
    now = datetime.now(UTC).replace(tzinfo=None)
    return pa.table(
        {
            "_file_id": pa.array([source.file_id for source in sources], pa.int64()),
            "dt": pa.array([source.delivery.dt for source in sources], pa.date32()),
            "file": pa.array([source.delivery.file for source in sources], pa.string()),
            "records": pa.array([source.records for source in sources], pa.int64()),
            "bytes": pa.array([source.delivery.size for source in sources], pa.int64()),
            "sha256": pa.array([source.sha256 for source in sources], pa.string()),
            "identity": pa.array([source.delivery.identity for source in sources], pa.string()),
            "reason": pa.array([source.broken for source in sources], pa.string()),
            "loaded_at": pa.array([now] * len(sources), pa.timestamp("us")),
        }
    )


def counts_since(connection: duckdb.DuckDBPyConnection, feed: Feed, first_file_id: int) -> tuple[int, ...]:
    """(files, lines, loaded, duplicates, quarantined) of the feed's files from `first_file_id` on."""
    return only_row(
        connection,
        """
        select count(*), coalesce(sum(lines), 0)::bigint, coalesce(sum(loaded), 0)::bigint,
            coalesce(sum(duplicates), 0)::bigint, coalesce(sum(quarantined), 0)::bigint
        from load.deliveries where feed = ? and _file_id >= ?
        """,
        [feed.name, first_file_id],
    )


def write_problems(connection: duckdb.DuckDBPyConnection, problems: list[Problem]) -> None:
    """Replace the list of things in the landing zone that are no delivery."""
    listed = pa.table(
        {
            "path": pa.array([problem.path for problem in problems], pa.string()),
            "problem": pa.array([problem.problem for problem in problems], pa.string()),
        }
    )
    connection.execute("begin")
    connection.execute("delete from load.problems")
    connection.register("listed", listed)
    connection.execute("insert into load.problems select path, problem from listed")
    connection.unregister("listed")
    connection.execute("commit")
