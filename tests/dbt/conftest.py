"""A DuckDB candidate as the loader leaves it, and dbt runs on it. One run serves many tests: it costs seconds."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
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

LOADER_TABLES = """
create table load.deliveries (
    _file_id bigint, feed varchar, domain varchar, dt date, file varchar, lines bigint, loaded bigint,
    duplicates bigint, conflicts bigint, quarantined bigint, first_event_at timestamp, last_event_at timestamp,
    loaded_at timestamp, bytes bigint, sha256 varchar, status varchar, reason varchar);
create table load.feeds (feed varchar, domain varchar, max_quarantined_share double, mode varchar, retention varchar);
create table release_history.releases (
    release_id varchar, published_at timestamp, as_of date, domains_published varchar, domains_held_back varchar,
    git_revision varchar);
create table release_history.quality_checks (
    release_id varchar, check_name varchar, domain varchar, tool varchar, severity varchar, passed boolean,
    observed varchar, detail varchar);
"""


def contracts() -> dict[str, dict]:
    """Every feed's source table as written in the contract ymls, by name, with its domain."""
    files = sorted(DBT_PROJECT.glob("models/staging/*/_*__sources.yml"))
    sources = [source for file in files for source in yaml.safe_load(file.read_text())["sources"]]
    return {table["name"]: {**table, "domain": source["name"]} for source in sources for table in source["tables"]}


def make_candidate(path: Path, scenario: str) -> None:
    """Write the loader's tables to a new database, filled from `scenarios/<scenario>/<schema>.<table>.csv`."""
    with duckdb.connect(str(path)) as connection:
        for schema in ("raw", "load", "release_history"):
            connection.execute(f"create schema {schema}")
        connection.execute(LOADER_TABLES)
        for name, feed in contracts().items():
            columns = [f'"{column["name"]}" {column["data_type"]}' for column in feed["columns"]]
            columns += ["_extra json", "_file_id bigint", "_line bigint"]
            connection.execute(f"create table raw.{name} ({', '.join(columns)})")
            meta = feed["config"]["meta"]
            limits = [name, feed["domain"], meta["max_quarantined_share"], meta["mode"], meta["retention"]]
            connection.execute("insert into load.feeds values (?, ?, ?, ?, ?)", limits)
        for file in sorted((SCENARIOS / scenario).glob("*.csv")):
            _insert(connection, file)


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


def _invoke(path: Path, command: list[str], manifest: Manifest | None = None) -> dbtRunnerResult:
    os.environ["WAREHOUSE_CANDIDATE"] = str(path)
    shared = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", path.parent / "target"]
    shared += ["--log-path", path.parent / "logs", "--vars", yaml.safe_dump(VARS), "--quiet"]
    outcome = dbtRunner(manifest=manifest).invoke([*command, *map(str, shared)])
    assert outcome.exception is None, outcome.exception
    return outcome


def run_dbt(path: Path, manifest: Manifest, *commands: list[str]) -> Candidate:
    """Run dbt commands in this process on the candidate at `path`, which must be called as the parsed one was."""
    results = [result for command in commands for result in _invoke(path, command, manifest).result.results]
    return Candidate(path, {result.node.name: str(result.status) for result in results}, manifest)


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The parsed project; parsing costs as much as a whole build."""
    return _invoke(tmp_path_factory.mktemp("parsed") / "warehouse.duckdb", ["parse"]).result


@pytest.fixture(scope="session")
def feeds() -> dict[str, dict]:
    return contracts()


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
