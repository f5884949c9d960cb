"""Releases: publish what the gate has judged, list, roll back, open for reading.

A release is built beside the current one from the candidate and the verdict on exactly it, compared with what was
judged after it was written, and made current by one rename. Readers never see anything else than a whole release.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.warehouse.database import in_memory, writer_lock
from dagster_project.warehouse.fingerprint import describe, quoted
from dagster_project.warehouse.gate.verdict import Verdict
from dagster_project.warehouse.release import files as release_files
from dagster_project.warehouse.release.derived import Derived
from dagster_project.warehouse.release.files import ReleaseError
from dagster_project.warehouse.release.history import (
    COLUMNS,
    Approval,
    ReleaseRow,
    attach,
    read_releases,
    remember,
    write_history,
    write_provisional,
)
from dagster_project.warehouse.release.plan import (
    CANDIDATE,
    Plan,
    find_restated,
    hold_back,
    judged,
    make_plan,
    publish_inputs,
    require_judged_candidate,
    same_content,
)
from dagster_project.warehouse.release.restated import MOVED, Restated
from dagster_project.warehouse.release.switches import note_switch
from dagster_project.warehouse.release.tables import comment, copy_table, verify

__all__ = ["Release", "ReleaseError", "list_releases", "open_release", "publish", "remember", "rollback"]

# Makes the pages of a release that is written and not yet current, and may fail.
Pages = Callable[[Settings, str, Callable[[str], None]], object]

LOCK_DOWN = ("set timezone = 'UTC'", "set enable_external_access = false", "set lock_configuration = true")


@dataclass(frozen=True)
class Release:
    """One retained release.

    `unchanged` when a publish found nothing new and left this one current; `restated`, known to the publish alone, are
    the figures of closed periods that moved against the release that was current before.
    """

    release_id: str
    path: Path
    published_at: datetime
    as_of: date
    domains_published: tuple[str, ...]
    domains_held_back: tuple[str, ...]
    git_revision: str | None
    is_current: bool
    unchanged: bool = False
    restated: tuple[Restated, ...] = ()


def publish(
    settings: Settings,
    report: Callable[[str], None] = print,
    pages: Pages | None = None,
    approvals: Collection[Approval] = (),
) -> Release:
    """Publish the candidate as the gate has judged it and return the release that is current afterwards.

    `pages` makes what readers look at, before the switch, so that both are switched together. A domain whose closed
    figures moved beyond their tolerance is held back, unless one of the approvals is of exactly that.
    Raises ReleaseError where there is no verdict, where it is not of exactly this candidate, or where what was
    written is not what was judged, and SettingsError where alerts.yml can't be used; the current release then stays as
    it is.
    """
    derived = Derived.of(settings)
    with writer_lock(settings, report):
        release_files.prepare(settings)
        verdict = judged(settings)
        current = release_files.current_id(settings)
        release_id = release_files.next_id(release_files.retained_ids(settings), _utc_now())
        with publish_inputs(settings) as connection:
            require_judged_candidate(connection, verdict)
            moved = find_restated(connection, verdict, current, release_id)
            verdict = hold_back(connection, verdict, approvals)
            moved = [table for table in moved if table.table.split(".")[0] not in verdict.held_back]
            plan = make_plan(connection, verdict, current, release_id)
            is_same = current and same_content(connection, verdict, plan, current)
            if current and is_same and derived.are_held(connection, current):
                report(f"release {current} already holds exactly this: nothing new to publish")
                _make_current(settings, current, pages, report)
                release_files.prune(settings)  # a publish that was killed did not come to it
                return replace(find_release(settings, current), unchanged=True)
            _write(settings, connection, verdict, plan, current, approvals, derived, report)
        _make_current(settings, release_id, pages, report)
        release_files.prune(settings)
        _tell(plan, moved, report)
        return replace(find_release(settings, release_id), restated=tuple(moved))


def list_releases(settings: Settings) -> list[Release]:
    """The retained releases, newest first."""
    retained = release_files.retained_ids(settings)
    if not retained:
        return []
    with _attached(settings, retained[-1]) as connection:
        rows = {row.release_id: row for row in read_releases(connection, retained[-1])}
    current = release_files.current_id(settings)
    return [_release(settings, rows[release_id], current) for release_id in reversed(retained)]


def find_release(settings: Settings, release_id: str) -> Release:
    """One retained release. Raises ReleaseError, naming those there are, where it is not retained."""
    releases = {release.release_id: release for release in list_releases(settings)}
    if release_id not in releases:
        raise ReleaseError(f"there is no release {release_id}; retained are: {', '.join(releases) or 'none'}")
    return releases[release_id]


def rollback(
    settings: Settings,
    release_id: str | None = None,
    report: Callable[[str], None] = print,
    pages: Pages | None = None,
) -> Release:
    """Make a retained release current, by default the one before the current; the next publish goes on from there.

    Its pages become current with it; `pages` makes them where it has none.

    Raises ReleaseError where there is no such release.
    """
    with writer_lock(settings, report):
        release_files.prepare(settings)
        chosen = find_release(settings, release_id or _before_current(settings))
        _make_current(settings, chosen.release_id, pages, report)
        return replace(chosen, is_current=True)


@contextmanager
def open_release(settings: Settings, release_id: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release, by default the current one, read-only; its SQL reaches neither files nor the network nor any setting.

    Raises ReleaseError where nothing was published yet.
    """
    opened = release_id or release_files.current_id(settings)
    if opened is None:
        raise ReleaseError(f"{settings.published}: nothing was published yet; run `warehouse nightly` first")
    with _attached(settings, opened) as connection:
        for statement in LOCK_DOWN:
            connection.execute(statement)
        yield connection


@contextmanager
def _attached(settings: Settings, release_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release as the default database of a connection of its own.

    Attached, not connected to: DuckDB lets one process connect to a file with one configuration only.
    """
    with in_memory() as connection:
        attach(connection, release_files.release_path(settings, release_id), release_id)
        connection.execute(f"use {quoted(release_id)}")
        yield connection


def _write(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    verdict: Verdict,
    plan: Plan,
    current: str | None,
    approvals: Collection[Approval],
    derived: Derived,
    report: Callable[[str], None],
) -> None:
    """Build the release beside the others, read it back from disk, and give it its name."""
    draft = release_files.draft_path(settings, plan.release_id)
    try:
        attach(connection, draft, "release", options="")
        described = {source: describe(connection, source) for source in set(plan.sources.values())}
        for table, source in plan.sources.items():
            copy_table(connection, source, "release", table, described[source][table])
        write_provisional(connection, CANDIDATE, current, "release", verdict.held_back)
        _write_ops(settings, connection, verdict, plan, approvals)
        derived.write(connection, "release", current, report)
        _describe_ops(settings, connection)
        connection.execute("checkpoint release")
        connection.execute("detach release")
        verify(draft, plan.fingerprints)
        release_files.seal(settings, plan.release_id)
    finally:
        release_files.sweep(settings)


def _write_ops(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    verdict: Verdict,
    plan: Plan,
    approvals: Collection[Approval],
) -> None:
    """The release's rows about itself."""
    row = ReleaseRow(
        release_id=plan.release_id,
        published_at=_utc_now(),
        as_of=verdict.as_of,
        domains_published=", ".join(state.domain for state in plan.freshness if not state.is_held_back),
        domains_held_back=", ".join(state.domain for state in plan.freshness if state.is_held_back),
        git_revision=_git_revision(),
    )
    newest = release_files.retained_ids(settings)[-1:]
    write_history(connection, newest[0] if newest else None, "release", row, verdict.checks, plan.freshness, approvals)
    connection.execute(f"insert into release.ops.restatements from {MOVED}")


def _describe_ops(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Describe the tables that the release fills itself in the candidate's words, or else the last release's."""
    described = describe(connection, CANDIDATE)
    for newest in release_files.retained_ids(settings)[-1:]:
        described = describe(connection, newest) | described
    for table in COLUMNS.keys() & described.keys():
        comment(connection, "release", table, described[table])


def _make_current(settings: Settings, release_id: str, pages: Pages | None, report: Callable[[str], None]) -> None:
    """Switch readers to a release and its pages, made first where it has none; a failure there holds nothing back."""
    if pages and not release_files.pages_path(settings, release_id).exists():
        try:
            pages(settings, release_id, report)
        except Exception as error:
            report(f"release {release_id} has no pages: {type(error).__name__}: {error}")
    note_switch(settings)  # the last one, where whoever made it was killed before it was noted
    release_files.point_to(settings, release_id)
    note_switch(settings)


def _release(settings: Settings, row: ReleaseRow, current: str | None) -> Release:
    return Release(
        release_id=row.release_id,
        path=release_files.release_path(settings, row.release_id),
        published_at=row.published_at,
        as_of=row.as_of,
        domains_published=_names(row.domains_published),
        domains_held_back=_names(row.domains_held_back),
        git_revision=row.git_revision,
        is_current=row.release_id == current,
    )


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(", ")) if listed else ()


def _before_current(settings: Settings) -> str:
    current = release_files.current_id(settings)
    if current is None:
        raise ReleaseError("nothing is published yet: run `warehouse nightly` first")
    retained = release_files.retained_ids(settings)
    earlier = [release_id for release_id in retained if release_id < current]
    if not earlier:
        raise ReleaseError(
            f"there is no release before the current one ({current}); retained are: {', '.join(retained) or 'none'}"
        )
    return earlier[-1]


def _tell(plan: Plan, moved: Iterable[Restated], report: Callable[[str], None]) -> None:
    report(f"published release {plan.release_id}")
    for table in moved:
        report(f"restated: {table}")
    for state in plan.freshness:
        if state.is_held_back:
            origin = f"keeps its tables of {state.as_of}" if state.release_id else "has never been published"
            report(f"held back: {state.domain} {origin}: {state.reason}")


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _git_revision() -> str | None:
    """The commit of this checkout; None where git or its directory is missing."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
