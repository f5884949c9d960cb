"""What Great Expectations and DuckDB's dialect still do that expectations_duckdb.py keeps them from.

Where one of these tests fails after an update, what is named there is no longer needed: remove it.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
import sqlalchemy
from great_expectations.expectations.expectation import Expectation

from dagster_project.settings import Reporting
from dagster_project.warehouse.gate import expectations_duckdb
from dagster_project.warehouse.gate.expectations_evaluate import evaluate
from tests.expectations.toy_candidate import make_candidate

pytestmark = pytest.mark.filterwarnings("ignore:`schema_name` is deprecated:DeprecationWarning")

TABLE = "product.registrations_daily"


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return make_candidate(tmp_path / "candidate.duckdb")


def test_queries_need_one_connection_that_stays_open(candidate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations_duckdb, "keep_one_connection", lambda: None)
    known = expectations_duckdb.engine_module._PERSISTED_CONNECTION_DIALECTS
    others = tuple(dialect for dialect in known if dialect != "duckdb")
    monkeypatch.setattr(expectations_duckdb.engine_module, "_PERSISTED_CONNECTION_DIALECTS", others)
    try:
        checks, _ = evaluate(candidate, candidate.with_name("docs"), [TABLE], Reporting())
    except Exception:  # it fails already when it reads the columns
        return
    assert [check for check in checks if not check.passed], "keep_one_connection is not needed"


def test_an_expectation_is_turned_into_its_configuration_over_and_over(
    candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned: list[int] = []
    turn = Expectation.configuration.fget
    monkeypatch.setattr(Expectation, "configuration", property(lambda one: (turned.append(id(one)), turn(one))[1]))
    monkeypatch.setattr(expectations_duckdb, "_configurations_kept", nullcontext)
    checks, _ = evaluate(candidate, candidate.with_name("docs"), [TABLE], Reporting())
    assert len(turned) > 20 * len(checks), "_configurations_kept is not needed"


def test_the_dialect_looks_columns_and_keys_up_in_the_catalogue_of_another_database(candidate: Path) -> None:
    engine = sqlalchemy.create_engine(f"duckdb:///{candidate}", connect_args={"read_only": True})
    asked: list[str] = []
    sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    schema, table = TABLE.split(".")
    with engine.connect() as connection:
        engine.dialect.get_columns(connection, table, schema=schema)
        assert any("pg_attribute" in sql for sql in asked), "_columns is not needed"
        asked.clear()
        with suppress(sqlalchemy.exc.ProgrammingError):  # it can't even be answered
            engine.dialect.get_pk_constraint(connection, table, schema=schema)
        assert any("pg_constraint" in sql for sql in asked), "_no_key is not needed"
    engine.dispose()
