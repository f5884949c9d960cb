"""A DuckDB candidate as the loader leaves it, and dbt runs on it. One run serves many tests: it costs seconds."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.build.changes import begin_build
from dagster_project.warehouse.build.project import parsed_project
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.load.raw_tables import create_tables, key_hash
from dagster_project.warehouse.release.history import COLUMNS, HISTORY, create_table

SCENARIOS = Path(__file__).resolve().parent / "scenarios"

VARS = {
    "reporting_currency": "USD",
    "reporting_timezone": "America/New_York",
    "mau_window_days": 30,
    "session_gap_minutes": 30,
    "gross_margin": 1.0,
    "week_start": "monday",
    "as_of": "2024-03-14",
}


def make_candidate(path: Path, scenario: str) -> None:
    """Write the loader's tables to a new database, filled from `scenarios/<scenario>/<schema>.<table>.csv`."""
    with duckdb.connect(str(path)) as connection:
        create_tables(connection, read_contracts().values())
        connection.execute("create schema release_history")
        for table in HISTORY:
            create_table(connection, path.stem, table.replace("ops.", "release_history."), COLUMNS[table])
        for file in sorted((SCENARIOS / scenario).glob("*.csv")):
            _insert(connection, file)
        for feed in read_contracts().values():
            connection.execute(f"update raw.{feed.name} set _key_hash = {key_hash(feed)}")
        as_of = date.fromisoformat(VARS["as_of"])
        begin_build(connection, read_contracts().values(), "tests", as_of, VARS["reporting_timezone"])


def _insert(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines, skipinitialspace=True))
    names = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("?" for _ in rows[0])
    values = [[value.strip() or None for value in row.values()] for row in rows]
    connection.executemany(f"insert into {file.stem} ({names}) values ({marks})", values)


@dataclass(frozen=True)
class Candidate:
    """A built candidate: the outcome of every dbt node by name, and its tables."""

    path: Path
    status: dict[str, str]
    manifest: Manifest = field(repr=False)

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()

    def rows_after(self, change: str, sql: str) -> list[tuple]:
        """What a query would find after a change, which is undone."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("begin")
            connection.execute(change)
            found = connection.execute(sql).fetchall()
            connection.execute("rollback")
            return found


def _invoke(path: Path, command: list[str], manifest: Manifest, **variables: str) -> dbtRunnerResult:
    os.environ["WAREHOUSE_CANDIDATE"] = str(path)
    shared = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", path.parent / "target"]
    shared += ["--log-path", path.parent / "logs", "--vars", yaml.safe_dump(VARS | variables), "--quiet"]
    outcome = dbtRunner(manifest=manifest).invoke([*command, *map(str, shared)])
    assert outcome.exception is None, outcome.exception
    return outcome


def run_dbt(path: Path, manifest: Manifest, *commands: list[str], **variables: str) -> Candidate:
    """Run dbt commands in this process on the candidate at `path`, which must be called as the parsed one was."""
    outcomes = [_invoke(path, command, manifest, **variables) for command in commands]
    results = [result for outcome in outcomes for result in outcome.result.results]
    return Candidate(path, {result.node.name: str(result.status) for result in results}, manifest)


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The parsed project, as it serves all homes; parsing costs as much as a whole build."""
    return parsed_project(Settings(tmp_path_factory.mktemp("parsed")))


@pytest.fixture(scope="session")
def feeds() -> dict[str, dict]:
    """Every feed's source table as written in the contract ymls, by name, with its domain."""
    files = sorted(DBT_PROJECT.glob("models/staging/*/_*__sources.yml"))
    sources = [source for file in files for source in yaml.safe_load(file.read_text())["sources"]]
    return {table["name"]: {**table, "domain": source["name"]} for source in sources for table in source["tables"]}


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Candidate:
    """A sound night in New York: everything is built, every data test and unit test ran."""
    path = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    make_candidate(path, "sound")
    return run_dbt(path, manifest, ["build"])


@pytest.fixture(scope="session")
def poisoned(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Candidate:
    """A night with one fault of each sort, run as the nightly job does: first all models, then all data tests."""
    path = tmp_path_factory.mktemp("poisoned") / "warehouse.duckdb"
    make_candidate(path, "poisoned")
    build = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    return run_dbt(path, manifest, build, ["test", "--exclude-resource-type", "unit_test"])
