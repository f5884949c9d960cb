"""Retained releases without the person: rows of the person go, texts lose the name, every other figure stays.

A release's file never changes under its readers: a cleaned copy is built beside it and takes its name in one rename.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.person import Person
from dagster_project.privacy.tables import Found, clean_table, find_in_table, known, other_tables, rewrite
from dagster_project.warehouse.database import in_memory, open_database
from dagster_project.warehouse.release import files as release_files
from dagster_project.warehouse.release.history import attach

PLACE = "releases"


def find_in_releases(erasure: Erasure) -> Iterator[Count]:
    """What the retained releases hold of the person."""
    for release_id in release_files.retained_ids(erasure.settings):
        for table in _find(release_files.release_path(erasure.settings, release_id), erasure.person):
            yield Count(PLACE, f"{release_id} {table.table}", table.removed, table.redacted)


def clean_releases(erasure: Erasure) -> None:
    """Rewrite every retained release that holds the person; ids, the current one and what others hold open stay."""
    settings = erasure.settings
    if settings.releases.exists():
        release_files.sweep(settings)
    for release_id in release_files.retained_ids(settings):
        if any(_find(release_files.release_path(settings, release_id), erasure.person)):
            _replace(erasure, release_id)


def _find(file: Path, person: Person) -> Iterator[Found]:
    with in_memory() as connection, known(connection, person):
        attach(connection, file, "release")
        for table in other_tables(connection, "release"):
            yield from find_in_table(connection, "release", table, person)


def _replace(erasure: Erasure, release_id: str) -> None:
    """A copy is cleaned and then copied once more, because a DuckDB file keeps deleted rows in its free blocks."""
    settings = erasure.settings
    draft = release_files.draft_path(settings, release_id)
    working = draft.with_name(f".{release_id}.erasing.tmp")
    try:
        rewrite(release_files.release_path(settings, release_id), working)
        with open_database(working) as connection, known(connection, erasure.person):
            database = duckdb_name(connection)
            for table in other_tables(connection, database):
                clean_table(connection, database, table, erasure.person)
        rewrite(working, draft)
        release_files.seal(settings, release_id)
    finally:
        release_files.sweep(settings)


def duckdb_name(connection: duckdb.DuckDBPyConnection) -> str:
    """Under which name the connection knows the file that it opened."""
    return connection.execute("select current_database()").fetchall()[0][0]
