"""The dbt project as dbt understands it in this process: parsed once, told as a manifest, run command by command.

dbt reads the candidate's path from WAREHOUSE_CANDIDATE and every setting as a var; whatever it writes lies in the
home's work folder, so that two homes never meet and the checkout stays clean.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dagster_project.settings import DBT_PROJECT, Reporting, Settings, memory_limit
from dagster_project.warehouse.build.results import write_file

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Parsing takes seconds; one parse serves all commands of a process, in whatever home, with whatever settings and as of
# whatever day: vars are read anew whenever a model is compiled, and nothing that is read before depends on them.
_parsed: dict[str, Manifest] = {}
_told: dict[str, Mapping[str, Any]] = {}
# dbt parses everything anew (5 s of CPU) where a var is not as it was: what a parse keeps is to serve all nights.
PARSED_WITH, PARSED_AS_OF = Reporting(), date(2000, 1, 1)

# No log of its own: results are reported.
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats")

# What dbt selects the nodes of a command by.
WANTED = "wanted_now"

# A home without data in the environment: `make setup` parses the project in it, for all homes to begin with.
INSTALLED = Settings(Path(sys.prefix) / "share" / "warehouse")


class TransformError(Exception):
    """dbt could not run; the message is dbt's own, with the file it speaks of."""


def invoke(
    settings: Settings,
    as_of: date,
    command: Sequence[str],
    tell: Callable[[Any], None],
    variables: Mapping[str, Any] = MappingProxyType({}),
    nodes: Collection[str] | None = None,
) -> Any:
    """Run one dbt command on the candidate, and close the candidate then; `tell` is called with each event (FewEvents).

    `variables` are vars beside the settings, `nodes` the ids of those to run (default: all that the command is for).
    Returns dbt's result.
    Raises TransformError when the project can't be parsed or dbt fails as a whole.
    """
    from dbt.cli.main import dbtRunner

    manifest = parsed_project(settings)
    runner = dbtRunner(manifest=manifest, callbacks=[tell])
    options = _options(settings, as_of, "target", {"memory_limit": memory_limit(), **variables})
    with _environment(str(settings.candidate)), _tagged(manifest, nodes or ()):
        try:
            outcome = runner.invoke([*command, *options, *(() if nodes is None else ("--select", f"tag:{WANTED}"))])
        finally:
            _close_database()
    if outcome.exception or outcome.result is None:
        raise TransformError(f"dbt {command[0]} failed: {outcome.exception}") from outcome.exception
    return outcome.result


def project_manifest(settings: Settings) -> Mapping[str, Any]:
    """dbt's manifest of the project as it is on disk now, parsed only when a file of it changed; not to be changed.

    Raises TransformError with dbt's message when the project can't be parsed.
    """
    stamp = project_stamp()
    kept = settings.work / "dbt" / f"manifest-{stamp}.json"
    _begin_with_what_was_installed(settings)
    if stamp not in _told:
        _told.clear()
        _told[stamp] = json.loads(kept.read_text(encoding="utf-8") if kept.exists() else _manifest_text(settings))
    if not kept.exists():  # for other processes
        for outdated in kept.parent.glob("manifest-*.json"):
            outdated.unlink(missing_ok=True)
        write_file(kept, json.dumps(_told[stamp]))
    return _told[stamp]


def parsed_project(settings: Settings) -> Manifest:
    """The manifest as dbt takes it, parsed once in a process, in whatever home.

    Raises TransformError with dbt's message when the project can't be parsed.
    """
    stamp = project_stamp()
    if stamp not in _parsed:
        _parsed.clear()
        _begin_with_what_was_installed(settings)
        _parsed[stamp] = _parse(settings)
    return _parsed[stamp]


def _begin_with_what_was_installed(settings: Settings) -> None:
    """Parsing from nothing takes 10 s of CPU; dbt itself sees what has changed since a parse that is kept."""
    kept, installed = settings.work / "dbt", INSTALLED.work / "dbt"
    if kept.exists():
        return
    for file in (*installed.glob("parse/*.msgpack"), *installed.glob("manifest-*.json")):
        target = kept / file.relative_to(installed)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        shutil.copyfile(file, draft)
        os.replace(draft, target)


def _manifest_text(settings: Settings) -> str:
    return json.dumps(parsed_project(settings).writable_manifest().to_dict(omit_none=False), default=str)


def _parse(settings: Settings) -> Manifest:
    from dbt.cli.main import dbtRunner

    from dagster_project.warehouse.build.dbt_events import tell_little

    tell_little()
    options = _options(replace(settings, reporting=PARSED_WITH), PARSED_AS_OF, "parse")
    with _environment(settings.candidate.name):  # a path that changes voids what a parse keeps, and none is opened
        outcome = dbtRunner().invoke(["parse", "--no-write-json", *options])
    if not outcome.success:
        raise TransformError(f"the dbt project {DBT_PROJECT} can't be parsed: {outcome.exception}")
    return outcome.result  # type: ignore[return-value]


def _options(settings: Settings, as_of: date, target: str, more: Mapping[str, Any] = MappingProxyType({})) -> list[str]:
    variables = {**settings.reporting.dbt_vars(), "as_of": as_of.isoformat(), **more}
    folders = {
        "--project-dir": DBT_PROJECT,
        "--profiles-dir": DBT_PROJECT,
        "--target-path": settings.work / "dbt" / target,
        "--log-path": settings.work / "dbt" / "logs",
    }
    given = [text for option, folder in folders.items() for text in (option, str(folder))]
    return [*QUIET, *given, "--vars", json.dumps(variables)]


@contextmanager
def _tagged(manifest: Manifest, nodes: Collection[str]) -> Iterator[None]:
    """These nodes have the tag WANTED for the time of one command.

    dbt compares each name that it is told with those of all nodes: 2 s for 300.
    """
    if gone := set(nodes) - manifest.nodes.keys():
        raise TransformError(f"the dbt project changed meanwhile, it has no {', '.join(sorted(gone))}: run again")
    tags = [manifest.nodes[node].tags for node in nodes]
    for of_node in tags:
        of_node.append(WANTED)
    try:
        yield
    finally:
        for of_node in tags:
            of_node.remove(WANTED)


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


def project_stamp() -> str:
    """A short text that changes whenever a file of the dbt project changes."""
    files = sorted(path for path in DBT_PROJECT.rglob("*") if path.is_file())
    states = [(str(file), (state := file.stat()).st_size, state.st_mtime_ns) for file in files]
    return sha256(repr(states).encode()).hexdigest()[:16]


if __name__ == "__main__":
    project_manifest(INSTALLED)
