"""WAREHOUSE_MEMORY bounds what DuckDB takes, in whatever connection of whatever step."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import great_expectations as gx
import pytest
import sqlalchemy

from dagster_project.settings import Settings, SettingsError, load_settings, memory_limit
from dagster_project.warehouse.build.project import invoke
from dagster_project.warehouse.database import in_memory, open_database
from dagster_project.warehouse.gate.expectations_duckdb import datasource
from dagster_project.warehouse.gate.expectations_evaluate import CONFIGURATION

LIMIT = "select current_setting('memory_limit') as bound"


def test_files_and_memory_are_opened_within_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_MEMORY", "1 GiB")
    with open_database(tmp_path / "some.duckdb") as database, in_memory(threads=1) as memory:
        assert database.execute(LIMIT).fetchall() == memory.execute(LIMIT).fetchall() == [("1.0 GiB",)]


def test_dbt_runs_within_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_MEMORY", "1 GiB")
    settings = Settings(tmp_path / "home")
    settings.work.mkdir(parents=True)

    shown = invoke(settings, date(2024, 3, 1), ("show", "--inline", LIMIT), tell=lambda event: None)

    assert [row.values() for row in shown.results[0].agate_table] == [("1.0 GiB",)]


@pytest.mark.filterwarnings("ignore:`schema_name` is deprecated:DeprecationWarning")
def test_expectations_are_evaluated_within_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_MEMORY", "1 GiB")
    candidate = tmp_path / "candidate.duckdb"
    with open_database(candidate):
        pass
    context = gx.get_context(mode="ephemeral", project_config=CONFIGURATION)

    with datasource(context, candidate) as source:
        found = source.get_execution_engine().execute_query(sqlalchemy.text(LIMIT)).fetchall()

    assert [tuple(row) for row in found] == [("1.0 GiB",)]


@pytest.mark.parametrize(
    "given", ["much", "0GB", "0.0 GB", "4", "-1GB", "150%", "99999999 TB", "4GB; drop table payments", "1KB", "99MB"]
)
def test_what_is_no_amount_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("WAREHOUSE_MEMORY", given)
    with pytest.raises(SettingsError, match="WAREHOUSE_MEMORY: expected an amount such as 4GB or 50%, 100MB or more"):
        load_settings(tmp_path)


@pytest.mark.parametrize("given", ["4GB", "0.5 gib", "100MB", "999999 TiB", "100%", "7 %"])
def test_what_duckdb_takes_for_an_amount_is_one(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("WAREHOUSE_MEMORY", given)
    with in_memory() as memory:
        assert memory.execute(LIMIT).fetchall()


def test_without_it_the_limit_is_that_of_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAREHOUSE_MEMORY", raising=False)
    assert memory_limit() == "80%"
