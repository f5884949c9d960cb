"""The loader's books after an erasure: quarantine, and a ledger that still adds up for every file.

A rewritten file is entered under its new hash, so that the loader knows it; where its records and the ledger's don't
agree, the old hash stays, and the loader takes the file for a corrected delivery and loads it anew: certainly right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from dagster_project.privacy.person import Person
from dagster_project.privacy.tables import Found
from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.database import only_row


@dataclass(frozen=True)
class Rewritten:
    """A landing file that was rewritten: what it was and is, and which records went."""

    feed: str
    dt: str
    file: str
    old_sha256: str
    sha256: str
    removed: tuple[int, ...]


def clean_quarantine(connection: duckdb.DuckDBPyConnection, feed: Feed, person: Person) -> None:
    """Remove what names the person: whose a broken record is, nobody can say."""
    connection.execute(f"delete from load.quarantine where feed = ? and {_IS_IN_TEXT}", [feed.name, person.sql_pattern])


def find_in_quarantine(connection: duckdb.DuckDBPyConnection, feed: Feed, person: Person) -> list[Found]:
    """What `clean_quarantine` would remove."""
    count = f"select count(*) from load.quarantine where feed = ? and {_IS_IN_TEXT}"
    removed = only_row(connection, count, [feed.name, person.sql_pattern])[0]
    return [Found("load.quarantine", removed, 0)] if removed else []


_IS_IN_TEXT = "regexp_matches(coalesce(raw_text, ''), ?)"


def balance(
    connection: duckdb.DuckDBPyConnection, feed: Feed, rewritten: Iterable[Rewritten], identities: dict[tuple, str]
) -> None:
    """Bring the ledger of a feed up to date; `identities` are the file system's by (dt, file), after the rewriting."""
    files = {(one.dt, one.file): one for one in rewritten if one.feed == feed.name}
    entered = connection.execute(
        "select _file_id, dt::varchar, file, lines, sha256 from load.deliveries where feed = ?", [feed.name]
    ).fetchall()
    known = [
        (file_id, dt, file, lines, files[dt, file])
        for file_id, dt, file, lines, sha256 in entered
        if (dt, file) in files and files[dt, file].old_sha256 == sha256
    ]
    for file_id, _, file, _, one in known:
        if file.endswith(".parquet"):
            _move_up(connection, feed, file_id, one.removed)
    _recount(connection, feed)
    for file_id, dt, file, lines, one in known:
        now = only_row(connection, "select lines from load.deliveries where _file_id = ?", [file_id])[0]
        if lines - len(one.removed) == now:
            connection.execute(
                "update load.deliveries set sha256 = ?, identity = ?, bytes = split_part(?, ':', 1)::bigint "
                "where _file_id = ?",
                [one.sha256, identities[dt, file], identities[dt, file], file_id],
            )


def _move_up(connection: duckdb.DuckDBPyConnection, feed: Feed, file_id: int, removed: Iterable[int]) -> None:
    """Rows of a Parquet file are numbered without gaps: those after a removed one move up."""
    lines = {f"raw.{feed.name}": "_line", f"superseded.{feed.name}": "_line", "load.quarantine": "line"}
    for table, line in lines.items():
        connection.execute(
            f"update {table} set {line} = {line} - len(list_filter(?::bigint[], lambda gone: gone < {line})) "
            "where _file_id = ?",
            [list(removed), file_id],
        )


def _recount(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Count anew what the feed's files hold; of a broken file the one entry stays as it is."""
    is_append = "true" if feed.mode == "append" else "false"
    connection.execute(f"""
        with rows as (
            select _file_id, "{feed.event_time}"::timestamp as event_at, false as is_lost, false as is_conflict
            from raw.{feed.name}
            union all
            select _file_id, "{feed.event_time}"::timestamp, {is_append}, _conflicts from superseded.{feed.name}
        ),
        held as (
            select _file_id, count(*) filter (where not is_lost) as loaded,
                count(*) filter (where is_lost) as duplicates,
                count(*) filter (where {is_append} and is_conflict) as conflicts,
                min(event_at) as first_event_at, max(event_at) as last_event_at
            from rows group by _file_id
        ),
        broken as (
            select _file_id, sum(lines)::bigint as quarantined from load.quarantine where feed = '{feed.name}'
            group by _file_id
        ),
        counted as (
            select files._file_id, coalesce(held.loaded, 0) as loaded, coalesce(held.duplicates, 0) as duplicates,
                coalesce(held.conflicts, 0) as conflicts, coalesce(broken.quarantined, 0) as quarantined,
                held.first_event_at, held.last_event_at
            from load.deliveries as files
            left join held using (_file_id) left join broken using (_file_id)
            where files.feed = '{feed.name}' and files.status = 'loaded'
        )
        update load.deliveries
        set loaded = counted.loaded, duplicates = counted.duplicates, conflicts = counted.conflicts,
            quarantined = counted.quarantined, lines = counted.loaded + counted.duplicates + counted.quarantined,
            first_event_at = counted.first_event_at, last_event_at = counted.last_event_at
        from counted where load.deliveries._file_id = counted._file_id
    """)
