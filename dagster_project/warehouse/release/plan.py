"""What a release will hold, table by table, decided before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.database import in_memory, spill_folder
from dagster_project.warehouse.fingerprint import Fingerprint, describe, difference, fingerprints, tables_in
from dagster_project.warehouse.gate.verdict import DOMAINS, Check, Verdict, read_verdict, verdict_file
from dagster_project.warehouse.release import files as release_files
from dagster_project.warehouse.release.files import ReleaseError
from dagster_project.warehouse.release.history import (
    COLUMNS,
    Approval,
    Freshness,
    attach,
    attached_releases,
    read_checks,
    read_freshness,
    read_releases,
)
from dagster_project.warehouse.release.restated import MOVED, Comparison, Restated, compare
from dagster_project.warehouse.release.tolerance import beyond_tolerance

CANDIDATE = "candidate"


@dataclass(frozen=True)
class Plan:
    """The tables of a release: from which database each comes, what must be in it, and how fresh each domain is."""

    release_id: str
    sources: dict[str, str]
    fingerprints: dict[str, Fingerprint]
    freshness: list[Freshness]


@contextmanager
def publish_inputs(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a publish reads: the candidate, the current release (its tables) and the newest (its history)."""
    if not settings.candidate.exists():
        raise ReleaseError(f"{settings.candidate} does not exist: load, transform and judge before publishing")
    current = release_files.current_id(settings)
    releases = {*release_files.retained_ids(settings)[-1:], *([current] if current else [])}
    # in memory it has no place of its own to spill to, and would take the working directory
    spill = str(spill_folder(settings.candidate))
    with in_memory(threads=2, temp_directory=spill) as connection:
        attach(connection, settings.candidate, CANDIDATE)
        with attached_releases(settings, connection, releases):
            yield connection


def judged(settings: Settings) -> Verdict:
    """The gate's verdict. Raises ReleaseError where there is none or it can't be read."""
    try:
        verdict = read_verdict(settings)
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{verdict_file(settings)} is no verdict ({error}): run the gate again") from error
    if verdict is None:
        raise ReleaseError(f"{settings.home} has nothing that was judged: run `warehouse nightly` first")
    return verdict


def require_judged_candidate(connection: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    """Raises ReleaseError where the candidate is not the one that was judged."""
    wanted = {table for tables in verdict.tables.values() for table in tables}
    present = wanted & set(tables_in(connection, CANDIDATE, DOMAINS))
    problem = difference(verdict.fingerprints, fingerprints(connection, CANDIDATE, sorted(present)))
    if problem:
        raise ReleaseError(f"the verdict is not of this candidate ({problem}): run the gate again before publishing")


def find_restated(
    connection: duckdb.DuckDBPyConnection, verdict: Verdict, current: str | None, release_id: str
) -> list[Restated]:
    """Compare the tables that passed with those of the current release; see compare."""
    published = {row.release_id: row.published_at for row in read_releases(connection, current)} if current else {}
    kept = _kept_from(connection)
    comparisons = [
        Comparison(
            str(current),
            CANDIDATE,
            table,
            verdict.rules[table],
            state.as_of,
            published[state.release_id],
            kept.get(table),
        )
        for domain, state in read_freshness(connection, current).items()
        if state.as_of and state.release_id and domain not in verdict.held_back
        for table in verdict.tables.get(domain, [])
        if table in verdict.rules
    ]
    return compare(connection, release_id, comparisons)


def _kept_from(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """By table, from which day on retention has left figures in the candidate, of those that it took some of."""
    if "load.kept_from" not in describe(connection, CANDIDATE):
        return {}
    return dict(connection.execute(f"select name, kept_from from {CANDIDATE}.load.kept_from").fetchall())


def hold_back(connection: duckdb.DuckDBPyConnection, verdict: Verdict, approvals: Collection[Approval]) -> Verdict:
    """The verdict, with what moved beyond its tolerance and was not approved; it then is not among what moved."""
    approved = {approval.restatement for approval in approvals}
    found = beyond_tolerance(connection, verdict.rules)
    held = {domain: one.reason for domain, one in found.items() if one.restatement not in approved}
    connection.execute(
        f"delete from {MOVED} where list_contains(?::varchar[], split_part(table_name, '.', 1))", [list(held)]
    )
    return replace(verdict, held_back=verdict.held_back | held)


def make_plan(connection: duckdb.DuckDBPyConnection, verdict: Verdict, current: str | None, release_id: str) -> Plan:
    """Decide where each table comes from: a domain that passed from the candidate, one held back from `current`.

    The candidate must be the one that was judged, see `require_judged_candidate`.
    """
    before = read_freshness(connection, current)
    sources: dict[str, str] = {}
    for domain in DOMAINS:
        if domain not in verdict.held_back:
            sources |= dict.fromkeys(verdict.tables.get(domain, []), CANDIDATE)
        elif current is not None:
            sources |= dict.fromkeys(tables_in(connection, current, [domain]), current)
    sources = {table: source for table, source in sources.items() if table not in COLUMNS}
    kept = fingerprints(connection, current, [t for t, s in sources.items() if s == current]) if current else {}
    return Plan(
        release_id=release_id,
        sources=sources,
        fingerprints={table: verdict.fingerprints[table] for table in sources if table not in kept} | kept,
        freshness=[_freshness(domain, verdict, before[domain], release_id) for domain in DOMAINS],
    )


def same_content(connection: duckdb.DuckDBPyConnection, verdict: Verdict, plan: Plan, current: str) -> bool:
    """Whether the current release already holds these tables, domains' states, as-of day and outcomes of checks."""
    rows = {row.release_id: row for row in read_releases(connection, current)}
    tables = [table for table in tables_in(connection, current, DOMAINS) if table not in COLUMNS]
    as_if_current = [
        replace(state, release_id=current) if state.release_id == plan.release_id else state for state in plan.freshness
    ]
    return (
        rows[current].as_of == verdict.as_of
        and {state.domain: state for state in as_if_current} == read_freshness(connection, current)
        and outcomes(verdict.checks) == read_checks(connection, current, current)
        and plan.fingerprints == fingerprints(connection, current, tables)
    )


def outcomes(checks: list[Check]) -> set[tuple[object, ...]]:
    """What checks said, without what they observed: a figure in a message is no new content."""
    return {(check.check_name, check.domain, check.tool, check.severity, check.passed) for check in checks}


def _freshness(domain: str, verdict: Verdict, before: Freshness, release_id: str) -> Freshness:
    reason = verdict.held_back.get(domain)
    if reason is None:
        return Freshness(domain, release_id, verdict.as_of, False, None)
    return replace(before, is_held_back=True, reason=reason)
