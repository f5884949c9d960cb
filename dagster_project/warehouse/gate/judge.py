"""The gate: dbt's results and the expectation suites become one verdict on exactly the candidate that was judged.

A failed check of severity error holds its domain back. `ops` reports on the others and is never held back by what
its data say, only where its own tables could not be made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from dagster_project.settings import Settings
from dagster_project.warehouse.build.affected import relations
from dagster_project.warehouse.build.results import Build, NodeResult, read_build
from dagster_project.warehouse.database import open_database, writer_lock
from dagster_project.warehouse.fingerprint import Fingerprint, fingerprints, tables_in
from dagster_project.warehouse.gate.dbt_results import build_checks, data_test_checks, published_tables
from dagster_project.warehouse.gate.restatement_rules import restatement_rules
from dagster_project.warehouse.gate.suites import Before, run_expectations
from dagster_project.warehouse.gate.verdict import DOMAINS, Check, Verdict, verdict_before, verdict_file, write_verdict
from dagster_project.warehouse.watch.newest import read_watch_checks

REASONS_SHOWN = 3


def run_gate(
    settings: Settings,
    as_of: date,
    dbt_results: Sequence[NodeResult],
    report: Callable[[str], None] = print,
    manifest: Mapping[str, Any] | None = None,
) -> Verdict:
    """Judge the candidate and leave the verdict in the home for the publish step.

    `dbt_results` are of the build and of the tests together; `manifest` is dbt's, by default of the project as it is.
    Raises duckdb.Error where there is no candidate to judge; an earlier verdict is void in any case.
    """
    with writer_lock(settings, report):
        build = read_build(settings)
        former = verdict_before(settings, build) if build else None
        verdict_file(settings).unlink(missing_ok=True)
        manifest = manifest or _project_manifest(settings)
        tables = published_tables(manifest)
        # taken before the checks: a candidate that changes under them is then not the one that is published
        judged, undeclared = _candidate_tables(settings, tables)
        builds = [*build_checks(manifest, dbt_results), *_missing_tables(tables, judged)]
        quality = [
            *data_test_checks(manifest, dbt_results),
            *undeclared,
            *read_watch_checks(settings, as_of),
            *run_expectations(settings, sorted(judged), report, _before(former, build, manifest, judged)),
        ]
        checks = _uniquely_named([*builds, *quality])
        verdict = Verdict(
            as_of,
            tables,
            judged,
            checks,
            held_back(builds, quality),
            restatement_rules(manifest),
            build.build_id if build else None,
        )
        write_verdict(settings, verdict)
        _tell(verdict, report)
        return verdict


def _before(
    former: Verdict | None, build: Build | None, manifest: Mapping[str, Any], judged: Mapping[str, Fingerprint]
) -> Before | None:
    """What passed on the build before; a table whose content is another one has changed, whoever did it."""
    if former is None or build is None:
        return None
    passed: dict[str, list[Check]] = {}
    failed: set[str] = set()
    for check in former.checks:
        if check.tool == "great_expectations":
            table = check.check_name.split(": ")[0]
            passed.setdefault(table, []).append(check)
            failed |= set() if check.passed else {table}
    otherwise = {table for table, found in judged.items() if former.fingerprints.get(table) != found}
    return Before(
        passed={table: checks for table, checks in passed.items() if table not in failed},
        changed={*relations(manifest, build.affected), *otherwise},
    )


def held_back(builds: Iterable[Check], quality: Iterable[Check]) -> dict[str, str]:
    """The domains that can't be published and why: any whose tables were not made, all but ops whose data are wrong."""
    failed = [
        *(check for check in builds if not check.passed),
        *(check for check in quality if not check.passed and check.severity == "error" and check.domain != "ops"),
    ]
    return {
        domain: _reason([check for check in failed if check.domain == domain])
        for domain in DOMAINS
        if any(check.domain == domain for check in failed)
    }


def _reason(failed: Sequence[Check]) -> str:
    told = [
        f"{check.check_name} failed"
        + (f" ({check.observed})" if check.observed else "")
        + (f": {check.detail}" if check.detail else "")
        for check in failed[:REASONS_SHOWN]
    ]
    more = len(failed) - REASONS_SHOWN
    return "; ".join([*told, f"and {more} more"] if more > 0 else told)


def _candidate_tables(
    settings: Settings, tables: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Fingerprint], list[Check]]:
    """The fingerprints of the declared tables that exist, and a warning for each table that nobody declares."""
    declared = {table for names in tables.values() for table in names}
    with open_database(settings.candidate, read_only=True) as connection:
        database = connection.execute("select current_database()").fetchall()[0][0]
        present = tables_in(connection, database, DOMAINS)
        judged = fingerprints(connection, database, [table for table in present if table in declared])
    undeclared = [
        Check(
            check_name=f"{table} is made by a model",
            domain=table.split(".")[0],
            tool="dbt",
            severity="warn",
            passed=False,
            detail="the table is in the candidate and in no model of dbt_project/models/marts: it is not published",
        )
        for table in present
        if table not in declared
    ]
    return judged, undeclared


def _missing_tables(tables: Mapping[str, Sequence[str]], judged: Mapping[str, Fingerprint]) -> list[Check]:
    return [
        Check(
            check_name=f"{table} exists",
            domain=domain,
            tool="dbt",
            severity="error",
            passed=False,
            detail="the candidate has no such table, which a model of dbt_project/models/marts declares",
        )
        for domain, names in tables.items()
        for table in names
        if table not in judged
    ]


def _uniquely_named(checks: Iterable[Check]) -> list[Check]:
    """The checks, the second of a name numbered: a name is the grain of ops.quality_checks."""
    seen: Counter[str] = Counter()
    unique = []
    for check in checks:
        seen[check.check_name] += 1
        count = seen[check.check_name]
        unique.append(check if count == 1 else replace(check, check_name=f"{check.check_name} ({count})"))
    return unique


def _project_manifest(settings: Settings) -> Mapping[str, Any]:
    from dagster_project.warehouse.build.project import project_manifest  # dbt takes seconds to import

    return project_manifest(settings)


def _tell(verdict: Verdict, report: Callable[[str], None]) -> None:
    failed = [check for check in verdict.checks if not check.passed]
    report(f"{len(verdict.checks) - len(failed)} checks passed, {len(failed)} failed")
    for check in failed:
        report(f"{check.severity}: {check.domain}: {_reason([check])}")
