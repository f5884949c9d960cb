"""The candidate without the person: the loader's tables first, then what the models made of them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from dagster_project.privacy.books import balance, clean_quarantine, count_before, find_in_quarantine
from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.tables import (
    Found,
    clean_feed,
    clean_table,
    find_in_feed,
    find_in_table,
    known,
    other_tables,
    replace_by_copy,
)
from dagster_project.warehouse.build.causes import note_erasure
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.gate.verdict import verdict_file
from dagster_project.warehouse.load.landing import LAST_DAY, scan
from dagster_project.warehouse.load.raw_tables import create_tables

PLACE = "candidate"
# Tables of rows as they were delivered; every other one is judged by what it holds.
BY_CONTRACT, BY_TEXT = ("raw", "superseded"), ("load.quarantine",)


def find_in_candidate(erasure: Erasure) -> Iterator[Count]:
    """What the candidate holds of the person."""
    if not erasure.settings.candidate.exists():
        return
    database = erasure.settings.candidate.stem
    with (
        open_database(erasure.settings.candidate, read_only=True) as connection,
        known(connection, erasure.person),
    ):
        for feed in _loaded(connection):
            yield from map(_count, find_in_feed(connection, feed, erasure.person))
            yield from map(_count, find_in_quarantine(connection, feed, erasure.person))
        for table in other_tables(connection, database, BY_CONTRACT, BY_TEXT):
            yield from map(_count, find_in_table(connection, database, table, erasure.person))


def clean_candidate(erasure: Erasure) -> None:
    """Take the person out of the candidate, build the models anew where rows changed, and rewrite the file.

    The models learn of what went by `moved.<feed>`, as they do of corrected deliveries, and forget it with the build.
    Where they can't be built, nothing of the person stays all the same, and the next night rebuilds everything.
    """
    concerned = any(True for _ in find_in_candidate(erasure)) or erasure.journal.rewritten()
    if not concerned or not erasure.settings.candidate.exists():
        return
    with open_database(erasure.settings.candidate) as connection:
        _clean_loaded(erasure, connection)
    verdict_file(erasure.settings).unlink(missing_ok=True)  # it is of another candidate
    _build(erasure)
    database = erasure.settings.candidate.stem
    with open_database(erasure.settings.candidate) as connection, known(connection, erasure.person):
        for table in other_tables(connection, database, BY_CONTRACT, BY_TEXT):
            clean_table(connection, database, table, erasure.person)
    replace_by_copy(erasure.settings.candidate)


def _loaded(connection: duckdb.DuckDBPyConnection) -> list[Feed]:
    """The feeds that have a table; none before the first load."""
    tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
    return [feed for name, feed in read_contracts().items() if (name,) in tables]


def _clean_loaded(erasure: Erasure, connection: duckdb.DuckDBPyConnection) -> None:
    """The loader's tables and its books, feed by feed, each in one transaction."""
    feeds, rewritten = read_contracts(), erasure.journal.rewritten()
    zone = erasure.settings.reporting.reporting_timezone
    create_tables(connection, feeds.values())
    deliveries = scan(erasure.settings.landing, feeds, LAST_DAY).deliveries
    with known(connection, erasure.person):
        for feed in feeds.values():
            connection.execute("begin")
            count_before(connection, feed)
            clean_feed(connection, feed, erasure.person)
            note_erasure(connection, feed, zone)
            clean_quarantine(connection, feed, erasure.person)
            identities = {(d.dt.isoformat(), d.file): d.identity for d in deliveries if d.feed == feed.name}
            balance(connection, feed, rewritten, identities)
            connection.execute("commit")


def _build(erasure: Erasure) -> None:
    """Build the models as of the day of the last build, if there was one."""
    with open_database(erasure.settings.candidate) as connection:
        built = connection.execute("select as_of from load.progress where as_of is not null").fetchall()
    if not built:
        return
    from dagster_project.warehouse.build.project import TransformError
    from dagster_project.warehouse.build.transform import build_models  # dbt takes seconds to import

    erasure.report("computing what the erased rows counted in")
    try:
        results = build_models(erasure.settings, built[0][0], erasure.report)
        failed = [result.unique_id for result in results if result.status == "error"]
    except TransformError as error:
        failed = [str(error)]
    if failed:
        erasure.report(f"the models could not be built ({failed[0]}): the next night rebuilds everything")


def _count(found: Found) -> Count:
    return Count(PLACE, found.table, found.removed, found.redacted)
