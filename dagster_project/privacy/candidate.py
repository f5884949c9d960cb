"""The candidate without the person: the loader's tables first, then what the models made of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import duckdb

from dagster_project.privacy.books import balance, clean_quarantine, find_in_quarantine
from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.tables import (
    Found,
    clean_feed,
    clean_table,
    find_in_feed,
    find_in_table,
    known,
    other_tables,
    rewrite,
)
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.landing import scan
from dagster_project.warehouse.raw_tables import create_tables
from dagster_project.warehouse.verdict import verdict_file

PLACE = "candidate"


def clean_candidate(erasure: Erasure) -> Iterator[Count]:
    """Take the person out of the candidate, build the models anew where rows changed, and rewrite the file.

    The models learn of what went by `moved.<feed>`, as they do of corrected deliveries, and forget it with the build.
    Where they can't be built, nothing of the person stays all the same, and the next night rebuilds everything.
    """
    if not erasure.settings.candidate.exists():
        return
    feeds = read_contracts()
    with open_database(erasure.settings.candidate, read_only=erasure.is_dry) as connection:
        found = list((_find if erasure.is_dry else _clean_loaded)(erasure, connection, feeds))
    if not erasure.is_dry:
        verdict_file(erasure.settings).unlink(missing_ok=True)  # it is of another candidate
        _build(erasure)
        with open_database(erasure.settings.candidate) as connection:
            found += _clean_made(erasure, connection)
        _rewrite(erasure)
    yield from (Count(PLACE, table.table, table.removed, table.redacted) for table in found)


def _find(erasure: Erasure, connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]) -> Iterator[Found]:
    database = erasure.settings.candidate.stem
    with known(connection, erasure.person):
        for feed in feeds.values():
            yield from find_in_feed(connection, feed, erasure.person)
            yield from _if_any(find_in_quarantine(connection, feed, erasure.person))
        for table in other_tables(connection, database, ("raw", "superseded")):
            yield from _if_any(find_in_table(connection, database, table, erasure.person))


def _clean_loaded(
    erasure: Erasure, connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]
) -> Iterator[Found]:
    create_tables(connection, feeds.values())
    rewritten = erasure.journal.rewritten()
    identities = {(d.feed, d.dt.isoformat(), d.file): d.identity for d in scan(erasure.settings.landing, feeds).deliveries}
    with known(connection, erasure.person):
        for feed in feeds.values():
            connection.execute("begin")
            yield from clean_feed(connection, feed, erasure.person)
            yield from _if_any(clean_quarantine(connection, feed, erasure.person))
            own = {(dt, file): identity for (name, dt, file), identity in identities.items() if name == feed.name}
            balance(connection, feed, rewritten, own)
            connection.execute("commit")


def _build(erasure: Erasure) -> None:
    """Build the models as of the day of the last build, if there was one."""
    with open_database(erasure.settings.candidate) as connection:
        built = connection.execute("select as_of from load.progress where as_of is not null").fetchall()
    if not built:
        return
    from dagster_project.warehouse.transform import TransformError, build_models  # dbt takes seconds to import

    erasure.report("computing what the erased rows counted in")
    try:
        results = build_models(erasure.settings, built[0][0], erasure.report)
        failed = [result.unique_id for result in results if result.status == "error"]
    except TransformError as error:
        failed = [str(error)]
    if failed:
        erasure.report(f"the models could not be built ({failed[0]}): the next night rebuilds everything")


def _clean_made(erasure: Erasure, connection: duckdb.DuckDBPyConnection) -> Iterator[Found]:
    database = erasure.settings.candidate.stem
    with known(connection, erasure.person):
        for table in other_tables(connection, database, ("raw", "superseded")):
            yield from _if_any(clean_table(connection, database, table, erasure.person))


def _rewrite(erasure: Erasure) -> None:
    candidate = erasure.settings.candidate
    draft = candidate.with_name(".warehouse.erasing.tmp")
    rewrite(candidate, draft)
    draft.chmod(candidate.stat().st_mode & 0o777)
    os.replace(draft, candidate)


def _if_any(found: Found) -> Iterator[Found]:
    if found.removed or found.redacted:
        yield found
