"""Great Expectations on DuckDB: what version 1.24.1 needs to be told, in one place.

DuckDB is no dialect that it knows (tests/expectations/test_great_expectations.py says when this is no longer needed):

- It closes the connection before it fetches the rows of a query, unless the dialect is among those that keep one
  connection; DuckDB's rows are lost with theirs ("list index out of range").
- On that one connection a failing query leaves the transaction aborted, and all expectations after it fail too.
- The columns and the key of each table are looked up through PostgreSQL's catalogue, of all tables each time: 2 s of
  CPU for 40.
- An expectation is turned into its configuration, and back, about a hundred times: 4 s of CPU for 500.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy
from great_expectations.data_context import AbstractDataContext
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import sqlalchemy_execution_engine as engine_module
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from sqlalchemy.engine import ExceptionContext

from dagster_project.settings import memory_limit


class _Dialect(StrEnum):
    """In the form in which Great Expectations lists dialects: equal to its name, and with a `value`."""

    DUCKDB = "duckdb"


def keep_one_connection() -> None:
    """Have every query on DuckDB run on one connection that stays open."""
    known = engine_module._PERSISTED_CONNECTION_DIALECTS
    if _Dialect.DUCKDB not in known:
        engine_module._PERSISTED_CONNECTION_DIALECTS = (*known, _Dialect.DUCKDB)  # type: ignore[assignment]


@contextmanager
def _configurations_kept() -> Iterator[None]:
    """Meanwhile expectations and their configurations keep what they are turned into; nothing changes them here."""
    expectation: Any = Expectation
    configuration: Any = ExpectationConfiguration
    to_configuration, to_expectation = expectation.configuration, configuration.to_domain_obj
    expectation.configuration = property(_kept(to_configuration.fget))
    configuration.to_domain_obj = _kept(to_expectation)
    try:
        yield
    finally:
        expectation.configuration = to_configuration
        configuration.to_domain_obj = to_expectation


def _kept(turn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    turned: dict[int, tuple[Any, Any]] = {}  # by identity, which is theirs for as long as they are held here

    def kept(one: Any) -> Any:
        if id(one) not in turned:
            turned[id(one)] = one, turn(one)
        return turned[id(one)][1]

    return kept


@contextmanager
def datasource(context: AbstractDataContext, file: Path) -> Iterator[SQLDatasource]:
    """The DuckDB file as a data source, opened read-only; nothing is written to it, no temporary table either."""
    keep_one_connection()
    source = context.data_sources.add_sql(
        name="candidate",
        connection_string=f"duckdb:///{file}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True, "config": {"memory_limit": memory_limit()}}},  # type: ignore[call-arg]
    )
    engine = source.get_execution_engine()
    sqlalchemy.event.listen(engine.engine, "handle_error", _roll_back)
    dialect: Any = engine.engine.dialect
    dialect.get_columns, dialect.get_pk_constraint = _columns, _no_key
    try:
        with _configurations_kept():
            yield source
    finally:
        if engine._connection:
            engine._connection.close()
        engine.engine.dispose()
        source.get_engine().dispose()


def _roll_back(error: ExceptionContext) -> None:
    if error.connection is not None:
        error.connection.rollback()


def _no_key(*_: Any, **__: Any) -> dict[str, Any]:
    """What the dialect says of a table's primary key: no table of the candidate has one that the engine knows of."""
    return {"constrained_columns": [], "name": None}


def _columns(connection: sqlalchemy.Connection, table: str, schema: str | None, **_: Any) -> list[dict[str, Any]]:
    """What the dialect says of a table's columns, in order: their names, since no expectation looks at types."""
    names = sqlalchemy.text(
        "select column_name from duckdb_columns() "
        "where schema_name = :schema and table_name = :name order by column_index"
    )
    found = connection.execute(names, {"schema": schema, "name": str(table)}).scalars()
    return [{"name": name, "type": sqlalchemy.types.NullType(), "nullable": True, "default": None} for name in found]
