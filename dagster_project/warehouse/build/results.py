"""What became of dbt's nodes in the last build and the tests after it, kept in the home for the gate and later nights.

A night of which only some feeds brought something builds and tests what comes after these feeds; all else has the
result that it had. Each build therefore knows the one on which it is based.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from dagster_project.settings import Settings


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node.

    `status` is success, error or skipped for models; pass, warn, fail, error or skipped for tests. `failures` counts
    the rows that a test found, `examples` some of them in words, `seconds` is wall time: 0 where the result is that of
    an earlier night.
    """

    unique_id: str
    status: str
    message: str | None
    failures: int | None
    seconds: float
    examples: str | None = None


@dataclass(frozen=True)
class Build:
    """The last build in this home: as of which day, and how each model and seed ended, in it or before.

    `code` is the stamp of all code and settings. `based_on` is the build after which nothing changed but `affected`,
    sources and nodes by their ids; None where everything may have changed. `follows` is the build by the same code of
    whose tables this one computed the touched parts anew; None where it made all of them anew.
    """

    build_id: str
    as_of: date
    code: str
    results: list[NodeResult]
    based_on: str | None = None
    affected: Collection[str] = ()
    follows: str | None = None


def read_build(settings: Settings) -> Build | None:
    """The last build; None where there was none, it did not end, or another version of this code wrote it down."""
    kept = _read(_build_file(settings))
    try:
        return Build(**{**kept, "as_of": date.fromisoformat(kept["as_of"]), "results": _results(kept)})
    except (KeyError, TypeError):
        return None


def write_build(settings: Settings, build: Build) -> None:
    """Keep what became of a build."""
    kept = asdict(build) | {"as_of": build.as_of.isoformat(), "affected": sorted(build.affected)}
    write_file(_build_file(settings), json.dumps(kept))


def forget_build(settings: Settings) -> None:
    """The last build is no longer what the candidate holds."""
    _build_file(settings).unlink(missing_ok=True)


def read_tests(settings: Settings, build_id: str | None) -> list[NodeResult]:
    """The results of the tests after this build, none where the last tests were after another one or it is None."""
    kept = _read(_tests_file(settings))
    return _results(kept) if build_id is not None and kept.get("build_id") == build_id else []


def write_tests(settings: Settings, build_id: str, results: list[NodeResult]) -> None:
    """Keep what the tests after a build found."""
    kept = {"build_id": build_id, "results": [asdict(result) for result in results]}
    write_file(_tests_file(settings), json.dumps(kept, ensure_ascii=False))


def write_file(file: Path, text: str) -> None:
    """Write a file in one rename."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)


def _results(kept: dict) -> list[NodeResult]:
    return [NodeResult(**result) for result in kept["results"]]


def _build_file(settings: Settings) -> Path:
    return settings.work / "build_results.json"


def _tests_file(settings: Settings) -> Path:
    return settings.work / "test_results.json"


def _read(file: Path) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
