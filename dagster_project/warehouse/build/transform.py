"""dbt in this process: build the models in the candidate, run the data tests, parse the project for Dagster.

dbt reads the candidate's path from WAREHOUSE_CANDIDATE and every setting as a var; whatever it writes lies in the
home's work folder, so that two homes never meet and the checkout stays clean.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.privacy.expire import expire_figures
from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.build.changes import Days, Scope, begin_build, complete_build
from dagster_project.warehouse.build.kept import drop_others, kept_tables
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import open_database, writer_lock
from dagster_project.warehouse.gate.dbt_results import BUILT
from dagster_project.warehouse.release.history import remember
from dagster_project.warehouse.watch.newest import watch

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

Report = Callable[[str], None]

# dbt would write the whole manifest once more, which nobody reads: 1 s of CPU for each command.
BUILD = ("build", "--resource-type", "model", "--resource-type", "seed", "--no-write-json")
TEST = ("test", "--exclude-resource-type", "unit_test", "--no-write-json")
# Parsing takes seconds; one parse serves all commands of a process, in whatever home and as of whatever day: vars are
# read anew whenever a model is compiled.
_parsed: dict[tuple[str, str], Manifest] = {}
# dbt parses everything anew (5 s of CPU) where a var is not as it was: what a parse keeps is to serve all nights.
PARSED_AS_OF = date(2000, 1, 1)

# No log of its own: dbt words thousands of messages before it looks at their level (2 s), and results are reported.
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats")


class TransformError(Exception):
    """dbt could not run; the message is dbt's own, with the file it speaks of."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node.

    `status` is success, error or skipped for models; pass, warn, fail, error or skipped for tests. `failures` counts
    the rows that a test found, `seconds` is wall time.
    """

    unique_id: str
    status: str
    message: str | None
    failures: int | None
    seconds: float


@dataclass(frozen=True)
class Build:
    """The last build of all models in this home: as of which day, and how each node ended."""

    as_of: date
    results: list[NodeResult]


def build_models(
    settings: Settings, as_of: date, report: Report = print, recompute: Days | None = None
) -> list[NodeResult]:
    """Build seeds and models, none of them stopped by a test; the results are kept for the gate.

    Computes what changed since the last build, and the days of `recompute`; everything where the last build did not
    end, or definitions or settings changed. A model that fails is a result, not an exception.
    Raises TransformError when dbt can't run at all.
    """
    feeds, definitions = read_contracts().values(), _definitions(settings)
    with writer_lock(settings, report):
        _build_file(settings).unlink(missing_ok=True)
        with open_database(settings.candidate) as connection:
            remember(settings, connection)
            zone = settings.reporting.reporting_timezone
            scope = begin_build(connection, feeds, definitions, zone, recompute)
            if scope.is_full and scope.kept_from:
                manifest = project_manifest(settings)
                drop_others(connection, manifest, kept_tables(manifest, scope.kept_from))
        if settings.reporting.apply_retention:
            expire_figures(settings, as_of, project_manifest(settings), report)
        _tell(scope, recompute, report)
        anew = scope.is_full and not scope.kept_from
        results = run_dbt(settings, as_of, (*BUILD, "--full-refresh") if anew else BUILD, report)
        if all(result.status in BUILT for result in results):
            with open_database(settings.candidate) as connection:
                complete_build(connection, feeds, definitions, as_of)
        with open_database(settings.candidate) as connection:
            watch(connection, feeds, project_manifest(settings), as_of, zone)
        kept = {"as_of": as_of.isoformat(), "results": [asdict(result) for result in results]}
        _write(_build_file(settings), json.dumps(kept))
    return results


def _tell(scope: Scope, recompute: Days | None, report: Report) -> None:
    report(f"rebuilding everything: {scope.reason}" if scope.is_full else f"computing {scope.reason}")
    concerned = [
        f"of {feed} before {kept_from}"
        for feed, kept_from in scope.kept_from.items()
        if scope.is_full or (recompute and recompute.first < kept_from)
    ]
    if concerned:
        report(f"closed by retention, what is made stays as it is: {', '.join(concerned)}")


def _definitions(settings: Settings) -> str:
    """A stamp of what decides the meaning of a figure: the settings, and every model, macro and seed."""
    folders = [DBT_PROJECT / name for name in ("models", "macros", "seeds")]
    files = sorted(f for folder in folders for f in folder.rglob("*") if f.suffix in (".sql", ".py", ".csv"))
    content = sha256(repr(settings.reporting.dbt_vars()).encode())
    for file in files:
        content.update(f"{file.relative_to(DBT_PROJECT)}\n".encode() + file.read_bytes())
    return content.hexdigest()


def last_build(settings: Settings) -> Build:
    """The results of the last `build_models`. Raises TransformError when there was none or it did not end."""
    try:
        kept = json.loads(_build_file(settings).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TransformError("there is no finished build of the models; run the transform step first") from error
    return Build(date.fromisoformat(kept["as_of"]), [NodeResult(**result) for result in kept["results"]])


def run_tests(settings: Settings, as_of: date, report: Report = print) -> list[NodeResult]:
    """Run every data test on the candidate; failing tests are results, not exceptions."""
    with writer_lock(settings, report):
        return run_dbt(settings, as_of, TEST, report)


def run_dbt(settings: Settings, as_of: date, command: Sequence[str], report: Report = print) -> list[NodeResult]:
    """Run one dbt command on the candidate and close the candidate afterwards, so that other processes can read it.

    Raises TransformError when the project can't be parsed or dbt fails as a whole.
    """
    outcome = _invoke(settings, as_of, command, report)
    return [
        NodeResult(ran.node.unique_id, str(ran.status), ran.message, ran.failures, ran.execution_time)
        for ran in outcome.results
    ]


def _invoke(settings: Settings, as_of: date, command: Sequence[str], report: Report) -> Any:
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=_manifest(settings), callbacks=[_progress(report)])
    with _environment(str(settings.candidate)):
        try:
            outcome = runner.invoke([*command, *_options(settings, as_of, "target")])
        finally:
            _close_database()
    if outcome.exception or outcome.result is None:
        raise TransformError(f"dbt {command[0]} failed: {outcome.exception}") from outcome.exception
    return outcome.result


def generate_docs(settings: Settings, report: Report = print) -> Path:
    """Write dbt's documentation of what the last build left as one page, and return its path.

    Raises TransformError where there was no build.
    """
    build = last_build(settings)
    with writer_lock(settings, report):
        _invoke(settings, build.as_of, ("docs", "generate", "--static"), report=lambda compiled: None)
    return settings.work / "dbt" / "target" / "static_index.html"


def project_manifest(settings: Settings) -> Mapping[str, Any]:
    """dbt's manifest of the project as it is on disk now, parsed only when a file of it changed.

    Raises TransformError with dbt's message when the project can't be parsed.
    """
    kept = settings.work / "dbt" / f"manifest-{_project_stamp()}.json"
    try:
        return json.loads(kept.read_text(encoding="utf-8"))
    except FileNotFoundError:
        manifest = _manifest(settings)
    text = json.dumps(manifest.writable_manifest().to_dict(omit_none=False), default=str)
    for outdated in kept.parent.glob("manifest-*.json"):
        outdated.unlink(missing_ok=True)
    _write(kept, text)
    return json.loads(text)


def _manifest(settings: Settings) -> Manifest:
    key = (repr(settings.reporting.dbt_vars()), _project_stamp())
    if key not in _parsed:
        _parsed.clear()
        _parsed[key] = _parse(settings)
    return _parsed[key]


def _parse(settings: Settings) -> Manifest:
    from dbt.cli.main import dbtRunner

    with _environment(settings.candidate.name):  # a path that changes voids what a parse keeps, and none is opened
        outcome = dbtRunner().invoke(["parse", "--no-write-json", *_options(settings, PARSED_AS_OF, "parse")])
    if not outcome.success:
        raise TransformError(f"the dbt project {DBT_PROJECT} can't be parsed: {outcome.exception}")
    return outcome.result  # type: ignore[return-value]


def _options(settings: Settings, as_of: date, target: str) -> list[str]:
    variables = {**settings.reporting.dbt_vars(), "as_of": as_of.isoformat()}
    folders = {
        "--project-dir": DBT_PROJECT,
        "--profiles-dir": DBT_PROJECT,
        "--target-path": settings.work / "dbt" / target,
        "--log-path": settings.work / "dbt" / "logs",
    }
    given = [text for option, folder in folders.items() for text in (option, str(folder))]
    return [*QUIET, *given, "--vars", json.dumps(variables)]


@contextmanager
def _environment(candidate: str) -> Iterator[None]:
    """The one variable that profiles.yml reads, set for the time of one command."""
    before = os.environ.get("WAREHOUSE_CANDIDATE")
    os.environ["WAREHOUSE_CANDIDATE"] = candidate
    try:
        yield
    finally:
        if before is None:
            del os.environ["WAREHOUSE_CANDIDATE"]
        else:
            os.environ["WAREHOUSE_CANDIDATE"] = before


def _close_database() -> None:
    """dbt-duckdb holds the file (and its lock) until the process ends, unless its environment is closed by hand."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()


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


def _project_stamp() -> str:
    """A short text that changes whenever a file of the dbt project changes."""
    files = sorted(path for path in DBT_PROJECT.rglob("*") if path.is_file())
    states = [(str(file), (state := file.stat()).st_size, state.st_mtime_ns) for file in files]
    return sha256(repr(states).encode()).hexdigest()[:16]


def _build_file(settings: Settings) -> Path:
    return settings.work / "build_results.json"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)
