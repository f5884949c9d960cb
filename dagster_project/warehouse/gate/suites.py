"""Running the expectation suites in a process of their own.

Great Expectations takes seconds to import and hundreds of megabytes to run; apart, it costs the night nothing of
that, and however it ends there is an answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.warehouse.gate.verdict import Check

COMMAND = (sys.executable, "-m", "dagster_project.warehouse.gate.expectations_run")
PATIENCE_SECONDS = 3600


def data_docs(settings: Settings) -> Path:
    """Where the results lie as web pages; open its index.html."""
    return settings.work / "data_docs"


@dataclass(frozen=True)
class Before:
    """What passed in the verdict before: the checks of each table whose suite did, and which relations changed since.

    Tables and relations are named `schema.name`.
    """

    passed: Mapping[str, Sequence[Check]] = field(default_factory=dict)
    changed: Collection[str] = ()


def run_expectations(
    settings: Settings,
    tables: Sequence[str],
    report: Callable[[str], None] = print,
    before: Before | None = None,
) -> list[Check]:
    """Evaluate the suites of the given tables on the candidate, which nothing may hold open for writing.

    A suite that passed before is not evaluated again where none of the relations that it reads changed since.
    A process that fails, or does not end, is a failed error of every table.
    """
    before = before or Before()
    report(f"evaluating the expectations of {len(tables)} tables")
    results, log = settings.work / "expectations.json", settings.work / "expectations.log"
    results.unlink(missing_ok=True)
    request = {
        "candidate": str(settings.candidate),
        "docs": str(data_docs(settings)),
        "results": str(results),
        "tables": list(tables),
        "passed_before": sorted(before.passed),
        "changed": sorted(before.changed),
        "reporting": asdict(settings.reporting),
    }
    problem = _run([*COMMAND, json.dumps(request)], log)
    if problem:
        return [_crash(table, problem) for table in tables]
    evaluated = json.loads(results.read_text(encoding="utf-8"))
    checks = [Check(**check) for check in evaluated["checks"]]
    return [*checks, *(check for table in evaluated["unchanged"] for check in before.passed[table])]


def _run(command: Sequence[str], log: Path) -> str | None:
    """Run the suites and wait for them; what went wrong, or None.

    The process watches its standard input, which closes when this process ends in whatever way.
    """
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false"}
    with (
        open(log, "w", encoding="utf-8") as output,
        subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
        ) as process,
    ):
        try:
            code = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return f"it did not end within {PATIENCE_SECONDS} seconds; see {log.parent.name}/{log.name}"
        finally:
            process.kill()
    if code == 0:
        return None
    last_words = log.read_text(encoding="utf-8", errors="replace").split("\n")[-2:]
    return f"it ended with code {code} ({' '.join(last_words).strip()}); see {log.parent.name}/{log.name}"


def _crash(table: str, problem: str) -> Check:
    return Check(
        check_name=f"{table}: its suite was evaluated",
        domain=table.split(".")[0],
        tool="great_expectations",
        severity="error",
        passed=False,
        detail=f"the process that evaluates the expectations failed: {problem}",
    )
