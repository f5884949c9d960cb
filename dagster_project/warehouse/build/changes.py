"""What the models have taken in, and what changed since: why a night costs what came in, not what is there.

`load.progress` has one row: up to which file, as of which day and by which definitions the models were built last, and
as of which day the build is that began last: a model may have failed in it, and what it made is judged all the same.
`build_id` is of the last one that ended, so that results kept in files count for no candidate but that one's.
`changed.<feed>` shows the rows that came, left or were replaced since then; models recompute exactly what these touch.
A build that did not end leaves its row incomplete, and the next one rebuilds everything: simple, and certainly right.
Of a feed whose old rows are gone (load/closed_days.py) that is all of its open days: to models of such feeds, which are
kept then, all of their rows have changed, and none of a closed day ever has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from dagster_project.warehouse.build.causes import Known, local_day, note_causes
from dagster_project.warehouse.contract import RAW_SCHEMA, Feed
from dagster_project.warehouse.load.closed_days import is_open, tell_in_zone
from dagster_project.warehouse.load.ledger import next_file_id
from dagster_project.warehouse.load.raw_tables import contract_columns, key_hash


@dataclass(frozen=True)
class Days:
    """A range of days of the reporting time zone, both ends included."""

    first: date
    last: date


@dataclass(frozen=True)
class Scope:
    """What a build has to do: everything, and why, or only what changed, and then which feeds brought something.

    `kept_from` has the first open day of each feed of which days are closed; these are not computed again. `former` is
    the id of the last build that ended in this candidate.
    """

    is_full: bool
    reason: str
    feeds: tuple[str, ...] = ()
    kept_from: Mapping[str, date] = field(default_factory=dict)
    former: str | None = None


def begin_build(
    connection: duckdb.DuckDBPyConnection,
    feeds: Collection[Feed],
    definitions: str,
    as_of: date,
    timezone: str,
    recompute: Days | None = None,
) -> Scope:
    """Decide what the build has to do, show it the changed rows, and mark the candidate as being built.

    `definitions` is a stamp of all that decides what a figure means; `timezone` the reporting one, of whose days
    `recompute` names some that are to be computed again as if all their rows were new.
    """
    connection.execute("begin")
    known = connection.execute(
        "select first_file_id, definitions, is_complete, as_of, build_id from load.progress"
    ).fetchall()
    first_file_id, built_by, is_complete, built_as_of, former = known[0] if known else (1, None, True, None, None)
    reason = _reason_to_rebuild(built_by, is_complete, definitions)
    if not known:
        connection.execute("insert into load.progress (first_file_id) values (1)")
    days: tuple[date | None, date | None] = (recompute.first, recompute.last) if recompute else (None, None)
    connection.execute(
        "update load.progress set is_complete = false, is_full = ?, recompute_from = ?, recompute_to = ?, "
        "building_as_of = ?",
        [reason is not None, *days, as_of],
    )
    note_causes(connection, feeds, Known(first_file_id, built_as_of, built_by), definitions, as_of, timezone, days)
    tell_in_zone(connection, timezone)
    for feed in feeds:
        opened = is_open(connection, feed)
        changed = _is_changed(feed, first_file_id, timezone, recompute)
        if opened != "true":
            _show_changes(connection, feed, opened if reason else f"({changed}) and {opened}", opened)
        else:
            _show_changes(connection, feed, "false" if reason else changed, str(not reason).lower())
    kept_from = dict(connection.execute("select name, kept_from from load.kept_from").fetchall())
    connection.execute("commit")
    kept_from = {feed.name: kept_from[feed.name] for feed in feeds if feed.name in kept_from}
    if reason:
        return Scope(True, reason, kept_from=kept_from, former=former)
    brought = _feeds_that_brought_something(connection, feeds, first_file_id)
    return Scope(False, f"what changed since file {first_file_id}", brought, kept_from, former)


def complete_build(
    connection: duckdb.DuckDBPyConnection, feeds: Collection[Feed], definitions: str, as_of: date, build_id: str
) -> None:
    """Remember that all models have taken in everything that is loaded; the caller has kept the writer lock."""
    connection.execute("begin")
    for feed in feeds:
        connection.execute(f"delete from moved.{feed.name}")
    connection.execute(
        "update load.progress set first_file_id = ?, as_of = ?, definitions = ?, is_complete = true, build_id = ?",
        [next_file_id(connection), as_of, definitions, build_id],
    )
    connection.execute("commit")


def _feeds_that_brought_something(
    connection: duckdb.DuckDBPyConnection, feeds: Collection[Feed], first_file_id: int
) -> tuple[str, ...]:
    """Those of which files came in, if only into quarantine, or rows changed."""
    changed = (f"select '{feed.name}' as feed where exists (select 1 from changed.{feed.name})" for feed in feeds)
    came = f"select feed from load.deliveries where _file_id >= {first_file_id}"
    rows = connection.execute(" union ".join([came, *changed]) + " order by feed").fetchall()
    return tuple(feed for (feed,) in rows)


def _reason_to_rebuild(built_by: str | None, is_complete: bool, definitions: str) -> str | None:
    if not is_complete:
        return "the last build did not end"
    if built_by is None:
        return "the first build"
    return "definitions or settings changed" if built_by != definitions else None


def _is_changed(feed: Feed, first_file_id: int, timezone: str, recompute: Days | None) -> str:
    """SQL: whether a standing row came in since the last build, or belongs to a day that is to be recomputed."""
    condition = f"_file_id >= {first_file_id}"
    if recompute:
        condition += f" or {local_day(feed, timezone)} between date '{recompute.first}' and date '{recompute.last}'"
    return condition


def _show_changes(connection: duckdb.DuckDBPyConnection, feed: Feed, condition: str, is_moved: str) -> None:
    """(Re)make the view `changed.<feed>`; a literal file id lets DuckDB skip the row groups of all earlier nights."""
    columns = contract_columns(feed)
    connection.execute(f"""
        create or replace view changed.{feed.name} as
        select {columns}, _key_hash from {RAW_SCHEMA}.{feed.name} where {condition}
        union all
        select {columns}, {key_hash(feed)} from moved.{feed.name} where {is_moved}
    """)
