"""What the SQL of the models costs inside a build: `python -m tests.benchmarks.models HOME AS_OF` prints CPU seconds.

`load` and `build` are those steps as a whole, `statements` what DuckDB took for all statements of the models of
product and finance: views and touched models too, what dbt adds to them too, dbt itself not. Not those of the tables
that the hand-written SQL does not make.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
from dbt.task.run import ModelRunner

from dagster_project.settings import Settings
from dagster_project.warehouse.build import transform
from dagster_project.warehouse.load.feeds import load
from tests.benchmarks.floor.floor import NOT_COMPUTED
from tests.benchmarks.floor.incremental import DOMAINS

LEFT_OUT = {"int_clv_inputs", "int_clv_outcomes", *(table.split(".")[1] for table in NOT_COMPUTED)}


def cost_of_steps(home: Path, as_of: date) -> dict[str, float]:
    """Load what has landed and build the models, one by one, in this process; fails unless every model was built."""
    settings = Settings(home)
    started = time.process_time()
    load(settings, report=_silent)
    loaded = time.process_time()
    with _statements_timed() as taken:
        results = transform.build_models(settings, as_of, report=_silent)
    built = time.process_time()
    if failed := [result.unique_id for result in results if result.status not in ("success", "no-op")]:
        raise RuntimeError(f"expected every model to be built, these were not: {', '.join(failed)}")
    return {"load": loaded - started, "build": built - loaded, "statements": sum(taken)}


@contextmanager
def _statements_timed() -> Iterator[list[float]]:
    """Collects what each statement takes while one of the models in question is built, one model at a time."""
    taken: list[float] = []
    counted = False
    execute, run = DuckDBCursorWrapper.execute, ModelRunner.execute

    def timed_execute(cursor: Any, sql: str, bindings: Any = None) -> Any:
        started = time.process_time()
        try:
            return execute(cursor, sql, bindings)
        finally:
            if counted:
                taken.append(time.process_time() - started)

    def timed_run(runner: Any, model: Any, manifest: Any) -> Any:
        nonlocal counted
        counted = model.fqn[2] in DOMAINS and model.name not in LEFT_OUT
        try:
            return run(runner, model, manifest)
        finally:
            counted = False

    with (
        patch.object(DuckDBCursorWrapper, "execute", timed_execute),
        patch.object(ModelRunner, "execute", timed_run),
        patch.object(transform, "BUILD", (*transform.BUILD, "--threads", "1")),
    ):
        yield taken


def _silent(line: str) -> None:
    pass


if __name__ == "__main__":
    print(json.dumps(cost_of_steps(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))))
