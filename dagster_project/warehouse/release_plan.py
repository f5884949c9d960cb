"""What a release will hold, table by table, decided before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.fingerprint import Fingerprint, difference, fingerprints, tables_in
from dagster_project.warehouse.release_files import ReleaseError
from dagster_project.warehouse.release_history import COLUMNS, Freshness, read_checks, read_freshness, read_releases
from dagster_project.warehouse.verdict import DOMAINS, Check, Verdict, read_verdict, verdict_file

CANDIDATE = "candidate"


@dataclass(frozen=True)
class Plan:
    """The tables of a release: from which database each comes, what must be in it, and how fresh each domain is."""

    release_id: str
    sources: dict[str, str]
    fingerprints: dict[str, Fingerprint]
    freshness: list[Freshness]


def judged(settings: Settings) -> Verdict:
    """The gate's verdict. Raises ReleaseError where there is none or it can't be read."""
    try:
        verdict = read_verdict(settings)
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{verdict_file(settings)} is no verdict ({error}): run the gate again") from error
    if verdict is None:
        raise ReleaseError(f"{verdict_file(settings)} does not exist: run the gate before publishing")
    return verdict


def make_plan(connection: duckdb.DuckDBPyConnection, verdict: Verdict, current: str | None, release_id: str) -> Plan:
    """Decide where each table comes from: a domain that passed from the candidate, one held back from `current`.

    Raises ReleaseError where the candidate is not the one that was judged.
    """
    _require_judged_candidate(connection, verdict)
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


def _require_judged_candidate(connection: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    wanted = {table for tables in verdict.tables.values() for table in tables}
    present = wanted & set(tables_in(connection, CANDIDATE, DOMAINS))
    problem = difference(verdict.fingerprints, fingerprints(connection, CANDIDATE, sorted(present)))
    if problem:
        raise ReleaseError(f"the verdict is not of this candidate ({problem}): run the gate again before publishing")
