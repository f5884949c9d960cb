"""SQLMesh on DuckDB: four of the published tables as models that are incremental by time, in an environment of its own.

Lookbacks are as wide as rows come late; a longer one costs more, what comes later still is missed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import yaml

from dagster_project.settings import Settings
from tests.benchmarks.cost import Cost, cost_of_command
from tests.benchmarks.floor.floor import SEEDS

MODELS = Path(__file__).with_name("sqlmesh_models")
DAY = timedelta(days=1)
DATABASE = "rival.duckdb"
PACKAGE = "sqlmesh==0.236.4"


def install(folder: Path) -> Path | None:
    """The Python of a new environment in `folder`; None, with a word, where SQLMesh can't be installed."""
    uv, python = Path(sys.executable).with_name("uv"), folder / "bin" / "python"
    for command in (
        [str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)],
        [str(uv), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), PACKAGE],
    ):
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            print(f"SQLMesh is left out, it can't be installed: {result.stderr.strip()[-300:]}", file=sys.stderr)
            return None
    return python


def write_project(folder: Path, settings: Settings, start: date) -> None:
    """Write the project into a folder; `start` is the first day of the history."""
    shutil.copytree(MODELS, folder / "models")
    connection = {
        "type": "duckdb",
        "database": str(folder / DATABASE),
        "concurrent_tasks": 1,
        "connector_config": {"file_search_path": f"{settings.landing},{SEEDS}"},
    }
    config = {
        "gateways": {"local": {"connection": connection}},
        "default_gateway": "local",
        "model_defaults": {"dialect": "duckdb", "start": str(start), "cron": "@daily"},
        "disable_anonymized_analytics": True,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def backfill(python: Path, folder: Path, as_of: date) -> Cost:
    """The first plan, which computes all days until `as_of`."""
    return _cost(python, folder, f"plan(execution_time='{as_of + DAY}', auto_apply=True, no_prompts=True)")


def run(python: Path, folder: Path, as_of: date) -> Cost:
    """What is scheduled daily: the days that are missing until `as_of`, and the lookbacks."""
    return _cost(python, folder, f"run(execution_time='{as_of + DAY}', ignore_cron=True)")


def _cost(python: Path, folder: Path, call: str) -> Cost:
    """A call of SQLMesh's context as its command line makes it, but for the time, which that can't be told."""
    return cost_of_command([str(python), "-c", f"from sqlmesh import Context; Context(paths=['{folder}']).{call}"])
