"""Great Expectations on DuckDB: what version 1.24.1 needs to be told, in one place.

DuckDB is no dialect that it knows (tests/expectations say when one of these is no longer needed):

- It closes the connection before it fetches the rows of a query, unless the dialect is among those that keep one
  connection; DuckDB's rows are lost with theirs ("list index out of range").
- On that one connection a failing query leaves the transaction aborted, and all expectations after it fail too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import sqlalchemy
from great_expectations.data_context import AbstractDataContext
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import sqlalchemy_execution_engine as engine_module
from sqlalchemy.engine import ExceptionContext


class _Dialect(StrEnum):
    """In the form in which Great Expectations lists dialects: equal to its name, and with a `value`."""

    DUCKDB = "duckdb"


def keep_one_connection() -> None:
    """Have every query on DuckDB run on one connection that stays open."""
    known = engine_module._PERSISTED_CONNECTION_DIALECTS
    if _Dialect.DUCKDB not in known:
        engine_module._PERSISTED_CONNECTION_DIALECTS = (*known, _Dialect.DUCKDB)  # type: ignore[assignment]


@contextmanager
def datasource(context: AbstractDataContext, file: Path) -> Iterator[SQLDatasource]:
    """The DuckDB file as a data source, opened read-only; nothing is written to it, no temporary table either."""
    keep_one_connection()
    source = context.data_sources.add_sql(
        name="candidate",
        connection_string=f"duckdb:///{file}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},  # type: ignore[call-arg]
    )
    engine = source.get_execution_engine()
    sqlalchemy.event.listen(engine.engine, "handle_error", _roll_back)
    try:
        yield source
    finally:
        if engine._connection:
            engine._connection.close()
        engine.engine.dispose()
        source.get_engine().dispose()


def _roll_back(error: ExceptionContext) -> None:
    if error.connection is not None:
        error.connection.rollback()
