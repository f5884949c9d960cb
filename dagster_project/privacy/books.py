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
    """Bring the ledger of a feed up to date with what went since `count_before`.

    `identities` are the file system's by (dt, file), after the rewriting.
    """
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
    _subtract(connection, feed)
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


def count_before(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Remember what the ledger says of every file of the feed, and what the tables hold, before anything goes."""
    counts = ", ".join(f"ledger.{count} as ledger_{count}, held.{count}" for count in _COUNTS)
    connection.execute(f"""
        create or replace temp table before as
        select _file_id, {counts} from ({_held(feed)}) as held inner join load.deliveries as ledger using (_file_id)
    """)


_COUNTS = ("loaded", "duplicates", "conflicts", "quarantined")


def _subtract(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Take from the ledger what went; by difference, because it also counts what the tables no longer hold."""
    left = {count: f"before.ledger_{count} - before.{count} + coalesce(now.{count}, 0)" for count in _COUNTS}
    is_changed = " or ".join(f"before.{count} <> coalesce(now.{count}, 0)" for count in _COUNTS)
    connection.execute(f"""
        with now as ({_held(feed)}),
        changed as (
            select _file_id, {", ".join(f"{value} as {count}" for count, value in left.items())},
                now.first_event_at, now.last_event_at
            from before left join now using (_file_id)
            where {is_changed}
        )
        update load.deliveries
        set {", ".join(f"{count} = changed.{count}" for count in _COUNTS)},
            lines = changed.loaded + changed.duplicates + changed.quarantined,
            erased = coalesce(erased, 0) + lines - (changed.loaded + changed.duplicates + changed.quarantined),
            first_event_at = changed.first_event_at, last_event_at = changed.last_event_at
        from changed where load.deliveries._file_id = changed._file_id
    """)


def _held(feed: Feed) -> str:
    """SQL: what the loader's tables hold of each file of the feed; of a broken file its one entry."""
    is_append = "true" if feed.mode == "append" else "false"
    return f"""
        with entries as (
            select _file_id, "{feed.event_time}"::timestamp as event_at, 1 as loaded, 0 as duplicates, 0 as conflicts,
                0 as quarantined
            from raw.{feed.name}
            union all
            select _file_id, "{feed.event_time}"::timestamp, if({is_append}, 0, 1), if({is_append}, 1, 0),
                if({is_append} and _conflicts, 1, 0), 0
            from superseded.{feed.name}
            union all
            select _file_id, null, 0, 0, 0, lines from load.quarantine where feed = '{feed.name}'
        )
        select _file_id, sum(loaded)::bigint as loaded, sum(duplicates)::bigint as duplicates,
            sum(conflicts)::bigint as conflicts, sum(quarantined)::bigint as quarantined,
            min(event_at) as first_event_at, max(event_at) as last_event_at
        from entries group by _file_id
    """
