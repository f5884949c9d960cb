"""Building the models in the candidate with dbt, and testing them: all of them, or those that something came for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from uuid import uuid4

import duckdb

from dagster_project.privacy.expire import expire_figures
from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.build.affected import affected, checks_to_run, models_to_run
from dagster_project.warehouse.build.changes import Days, Scope, begin_build, complete_build
from dagster_project.warehouse.build.kept import drop_others, kept_tables
from dagster_project.warehouse.build.project import TransformError, invoke, project_manifest
from dagster_project.warehouse.build.results import (
    Build,
    NodeResult,
    forget_build,
    read_build,
    read_tests,
    write_build,
    write_tests,
)
from dagster_project.warehouse.code import code_stamp
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import open_database, writer_lock
from dagster_project.warehouse.gate.dbt_results import BUILT
from dagster_project.warehouse.gate.verdict import ROWS_SHOWN, rows_in_words, verdict_before
from dagster_project.warehouse.release.history import remember
from dagster_project.warehouse.watch.newest import watch

Report = Callable[[str], None]
# Of the same code: in form and words as they should be. Or kept of a former definition (build/kept.py).
FormerTables = Literal["same", "kept", "unknown"]
# How a test ends that found rows.
FOUND = ("fail", "warn")
KEY_TESTS = ("primary_key", "contract_key")

# dbt would write the whole manifest once more, which nobody reads: 1 s of CPU for each command.
BUILD = ("build", "--resource-type", "model", "--resource-type", "seed", "--no-write-json")
TEST = ("test", "--exclude-resource-type", "unit_test", "--no-write-json", "--no-populate-cache")


def build_models(
    settings: Settings, as_of: date, report: Report = print, recompute: Days | None = None
) -> list[NodeResult]:
    """Build seeds and models, none of them stopped by a test; the results are kept for the gate.

    Computes what changed since the last build, and the days of `recompute`; everything where the last build did not
    end, or definitions or settings changed. A model that fails is a result, not an exception.
    Raises TransformError when dbt can't run at all.
    """
    feeds = read_contracts().values()
    with writer_lock(settings, report):
        before, manifest = read_build(settings), project_manifest(settings)
        definitions = _definitions(settings, manifest)
        forget_build(settings)
        with open_database(settings.candidate) as connection:
            remember(settings, connection)
            zone = settings.reporting.reporting_timezone
            scope = begin_build(connection, feeds, definitions, as_of, zone, recompute)
            if before is not None and before.build_id != scope.former:
                before = None  # of another candidate, in whose place an older or newer one was put
            if scope.is_full and scope.kept_from:
                drop_others(connection, manifest, kept_tables(manifest, scope.kept_from))
        if settings.reporting.apply_retention:
            expire_figures(settings, as_of, manifest, report)
        build = _next_build(settings, as_of, before, scope, recompute, manifest)
        former = _former_tables(scope, before, build)
        run = _nodes_to_run(manifest, former, build)
        _tell(scope, recompute, report)
        command = (*BUILD, *(("--full-refresh",) if scope.is_full and not scope.kept_from else ()))
        results = run_dbt(settings, as_of, command, report, {"former_tables": former}, run)
        results = _with_earlier(before if run is not None else None, results)
        if all(result.status in BUILT for result in results):
            with open_database(settings.candidate) as connection:
                complete_build(connection, feeds, definitions, as_of, build.build_id)
        with open_database(settings.candidate) as connection:
            watch(connection, feeds, manifest, as_of, zone)
        write_build(settings, replace(build, results=results))
    return results


def _next_build(
    settings: Settings,
    as_of: date,
    before: Build | None,
    scope: Scope,
    recompute: Days | None,
    manifest: Mapping[str, Any],
) -> Build:
    """The build that is to be, without results: based on the one before where feeds brought something at most.

    Never where retention is in force, which deletes rows and figures between two builds.
    """
    code = code_stamp(settings.reporting)
    follows = before.build_id if before is not None and before.code == code and not scope.is_full else None
    build = Build(uuid4().hex, as_of, code, [], follows=follows)
    is_same = before is not None and (before.as_of, before.code) == (build.as_of, build.code)
    if before is None or not is_same or scope.is_full or recompute or settings.reporting.apply_retention:
        return build
    return replace(build, based_on=before.build_id, affected=affected(manifest, scope.feeds))


def _former_tables(scope: Scope, before: Build | None, build: Build) -> FormerTables:
    """What the models may take over of the tables that they find."""
    if scope.is_full:
        return "kept" if scope.kept_from else "unknown"
    return "same" if before is not None and before.code == build.code else "unknown"


def _nodes_to_run(manifest: Mapping[str, Any], former: FormerTables, build: Build) -> Collection[str] | None:
    """The models that the build has to run, None for all there is: views and seeds stay as they are, if they can."""
    if former != "same":
        return None
    return models_to_run(manifest, manifest["nodes"] if build.based_on is None else build.affected)


def _with_earlier(before: Build | None, results: list[NodeResult]) -> list[NodeResult]:
    """The results, and of nodes that did not run the earlier ones, each after all that it is made of."""
    ran = {result.unique_id: result for result in results}
    return [ran.get(result.unique_id, replace(result, seconds=0)) for result in before.results] if before else results


def _tell(scope: Scope, recompute: Days | None, report: Report) -> None:
    report(f"rebuilding everything: {scope.reason}" if scope.is_full else f"computing {scope.reason}")
    concerned = [
        f"of {feed} before {kept_from}"
        for feed, kept_from in scope.kept_from.items()
        if scope.is_full or (recompute and recompute.first < kept_from)
    ]
    if concerned:
        report(f"closed by retention, what is made stays as it is: {', '.join(concerned)}")


def _definitions(settings: Settings, manifest: Mapping[str, Any]) -> str:
    """A stamp of what decides the meaning and form of a figure: settings, models, macros, seeds, and their columns."""
    folders = [DBT_PROJECT / name for name in ("models", "macros", "seeds")]
    files = sorted(f for folder in folders for f in folder.rglob("*") if f.suffix in (".sql", ".py", ".csv"))
    files.append(DBT_PROJECT / "dbt_project.yml")
    content = sha256(repr(settings.reporting.dbt_vars()).encode())
    for file in files:
        content.update(f"{file.relative_to(DBT_PROJECT)}\n".encode() + file.read_bytes())
    for name, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] not in ("model", "seed"):
            continue
        content.update(repr((name, [(c["name"], c["data_type"]) for c in node["columns"].values()])).encode())
    return content.hexdigest()


def last_build(settings: Settings) -> Build:
    """The results of the last `build_models`. Raises TransformError when there was none or it did not end."""
    build = read_build(settings)
    if build is None:
        raise TransformError("there is no finished build of the models: run `warehouse nightly` first")
    return build


def run_tests(settings: Settings, as_of: date, report: Report = print) -> list[NodeResult]:
    """Run the data tests on the candidate; failing tests are results, not exceptions.

    A test that passed when the gate judged the build before has passed where all that it reads is as it was then.
    """
    with writer_lock(settings, report):
        build, manifest = last_build(settings), project_manifest(settings)
        former_keys = _former_keys(manifest, read_tests(settings, build.follows))
        before = read_tests(settings, build.based_on) if verdict_before(settings, build) else []
        affected = checks_to_run(manifest, build.affected)
        passed = [test for test in before if test.status == "pass" and test.unique_id not in affected]
        tests = {name for name, node in manifest["nodes"].items() if node["resource_type"] == "test"}
        run = tests - {test.unique_id for test in passed}
        results = run_dbt(settings, as_of, TEST, report, {"former_keys": former_keys}, run)
        results += [replace(result, seconds=0) for result in passed]
        write_tests(settings, build.build_id, results)
        return results


def _former_keys(manifest: Mapping[str, Any], tests: Collection[NodeResult]) -> Literal["unique", "unknown"]:
    """What the tests after the build before say of all keys: a double that was found must be found again."""
    passed = {test.unique_id for test in tests if test.status == "pass"}
    nodes = manifest["nodes"].items()
    of_keys = {name for name, node in nodes if (node.get("test_metadata") or {}).get("name") in KEY_TESTS}
    return "unique" if of_keys <= passed else "unknown"


def run_dbt(
    settings: Settings,
    as_of: date,
    command: Sequence[str],
    report: Report = print,
    variables: Mapping[str, str] = MappingProxyType({}),
    nodes: Collection[str] | None = None,
) -> list[NodeResult]:
    """Run one dbt command on the candidate and close the candidate afterwards, so that other processes can read it.

    `variables` are vars beside the settings: `former_tables` for models, which take over more or less of the tables
    they find, `former_keys` for tests. `nodes` are the ids of those to run, by default all that the command is for.
    Raises TransformError when the project can't be parsed or dbt fails as a whole.
    """
    outcome = invoke(settings, as_of, command, _progress(report), variables, nodes)
    failed = {ran.node.unique_id: ran.node.compiled_code for ran in outcome.results if ran.status in FOUND}
    found = _examples(settings, failed) if failed else {}
    return [
        NodeResult(
            ran.node.unique_id,
            str(ran.status),
            ran.message,
            ran.failures,
            ran.execution_time,
            found.get(ran.node.unique_id),
        )
        for ran in outcome.results
    ]


def _examples(settings: Settings, queries: Mapping[str, str]) -> dict[str, str]:
    """Some of the rows that failed tests found, in words, by the tests' ids; a test asks for their number alone.

    Without any where there is too little memory to look once more: the results stand all the same.
    """
    found: dict[str, str] = {}
    try:
        with open_database(settings.candidate, read_only=True) as connection:
            for test, sql in queries.items():
                rows = connection.execute(f"from ({sql}\n) order by all limit {ROWS_SHOWN}")
                found[test] = rows_in_words([name for name, *_ in rows.description or []], rows.fetchall())
    except duckdb.Error:
        pass
    return found


def generate_docs(settings: Settings, report: Report = print) -> Path:
    """Write dbt's documentation of what the last build left as one page, and return its path.

    Raises TransformError where there was no build.
    """
    build = last_build(settings)
    with writer_lock(settings, report):
        invoke(settings, build.as_of, ("docs", "generate", "--static"), tell=lambda event: None)
    return settings.work / "dbt" / "target" / "static_index.html"


def _progress(report: Report) -> Callable[[Any], None]:
    """Tell each table as it is built and each test as it fails; views are not worth a line."""

    def tell(event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        node, result = event.data.node_info, event.data.run_result
        where = f"{node.node_relation.schema}.{node.node_name}" if node.resource_type != "test" else node.node_name
        if result.status in ("error", "fail", "warn"):
            report(f"{where}: {result.status}: {' '.join(result.message.split())}")
        elif node.materialized in ("table", "incremental", "seed"):
            report(f"{where}: built in {result.execution_time:.2f} s")

    return tell
