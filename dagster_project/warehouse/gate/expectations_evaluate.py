"""Evaluating the suites of `expectations/` on a candidate with Great Expectations, pushed down to SQL.

Judged by severity per expectation, never by a suite's `success`: an expectation of severity `critical` that failed,
or any that raised, is an error; another that failed is a warning.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import great_expectations as gx
import sqlalchemy
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from dagster_project.settings import Reporting
from dagster_project.warehouse.gate.expectations_duckdb import datasource
from dagster_project.warehouse.gate.expectations_pages import write_pages
from dagster_project.warehouse.gate.verdict import ROWS_SHOWN, Check, rows_in_words, shortened
from expectations.suite import Suite

CONFIGURATION = DataContextConfig(  # of a context that keeps nothing
    store_backend_defaults=InMemoryStoreBackendDefaults(),
    progress_bars=ProgressBarsConfig(globally=False),
    analytics_enabled=False,
)


def evaluate(
    candidate: Path,
    docs: Path,
    tables: Sequence[str],
    reporting: Reporting,
    passed_before: Collection[str] = (),
    changed: Collection[str] = (),
) -> tuple[list[Check], list[str]]:
    """One check per expectation of the given tables, which exist in the candidate; writes web pages into `docs`.

    A table without expectations, and a domain whose suites can't be read, are failed errors. Of the tables in
    `passed_before`, those whose suites read none of the relations in `changed` are not evaluated, but returned by name.
    """
    suites: dict[str, Suite] = {}
    unreadable: dict[str, str] = {}
    for domain in sorted({_domain(table) for table in tables}):
        try:
            module = importlib.import_module(f"expectations.{domain}")
            suites |= {suite.table: suite for suite in module.suites(reporting) if suite.expectations}
        except Exception as error:
            unreadable[domain] = f"expectations/{domain}.py can't be read: {type(error).__name__}: {error}"
    missing = [table for table in tables if table not in suites]
    known = {table: suites[table] for table in tables if table in suites}
    unchanged = [table for table in known if table in passed_before and suites[table].relations().isdisjoint(changed)]
    evaluated = {table: suite for table, suite in known.items() if table not in unchanged}
    checks = [
        *(_no_suite(table, unreadable.get(_domain(table))) for table in missing),
        *_validate(candidate, docs, evaluated, unchanged),
    ]
    return checks, unchanged


def _validate(candidate: Path, docs: Path, suites: Mapping[str, Suite], unchanged: Collection[str]) -> list[Check]:
    """Each batch is validated by itself: a checkpoint would compare and keep every suite five times over, unread."""
    checks: list[Check] = []
    results: dict[str, ExpectationSuiteValidationResult] = {}
    context = gx.get_context(mode="ephemeral", project_config=CONFIGURATION)
    with datasource(context, candidate) as source:
        _tell_as_of(source)
        columns = _columns(source)
        for table, suite in suites.items():
            expectations = gx.ExpectationSuite(name=table, expectations=suite.complete(columns[table]))
            results[table] = _batch(source, table).validate(expectations, result_format="SUMMARY")
            checks += [_check(source, table, result) for result in results[table].results]
    write_pages(docs, results, unchanged)
    return sorted(checks, key=lambda check: check.check_name)


def _tell_as_of(source: SQLDatasource) -> None:
    """Make the macro `as_of()` of the suites, for this connection alone."""
    day = _rows(source, "select max(building_as_of) from load.progress")[0][0]
    constant = f"date '{day}'" if day else "cast(null as date)"
    with source.get_execution_engine().get_connection() as connection:
        connection.execute(sqlalchemy.text(f"create temp macro as_of() as {constant}"))
        connection.commit()


def _batch(source: SQLDatasource, table: str) -> Batch:
    schema, name = table.split(".")
    asset = source.add_table_asset(table, table_name=name, schema_name=schema)
    return asset.get_batch(asset.build_batch_request())


def _columns(source: SQLDatasource) -> dict[str, list[str]]:
    """The columns of every table of the candidate, in order."""
    columns: dict[str, list[str]] = {}
    for schema, table, column in _rows(
        source,
        "select table_schema, table_name, column_name from information_schema.columns order by ordinal_position",
    ):
        columns.setdefault(f"{schema}.{table}", []).append(column)
    return columns


def _check(source: SQLDatasource, table: str, result: ExpectationValidationResult) -> Check:
    """One expectation's result as a check."""
    config = result.expectation_config
    assert config is not None  # a result of an expectation that was in the suite
    raised = [
        problem["exception_message"]
        for problem in (result.exception_info, *result.exception_info.values())
        if isinstance(problem, dict) and problem.get("raised_exception")
    ]
    passed = bool(result.success) and not raised
    return Check(
        check_name=f"{table}: {_label(config)}",
        domain=_domain(table),
        tool="great_expectations",
        severity="error" if raised or config.severity == "critical" else "warn",
        passed=passed,
        observed="could not be evaluated" if raised else _observed(config, result.result),
        detail=None if passed else _detail(source, table, config.kwargs, result.result, raised),
    )


def _label(config: ExpectationConfiguration) -> str:
    """What an expectation says of itself, or its name with its arguments."""
    if config.description:
        return config.description
    arguments = (f"{key}={value}" for key, value in sorted(config.kwargs.items()) if key != "batch_id")
    return shortened(f"{config.type}({', '.join(arguments)})")


def _observed(config: ExpectationConfiguration, result: Mapping[str, Any]) -> str | None:
    """How many rows were unexpected (none are counted in an empty table), or the value found."""
    if "unexpected_rows_query" in config.kwargs:
        return f"{result['observed_value']} unexpected rows"
    if "unexpected_count" in result:
        return f"{result['unexpected_count'] or 0} of {result['element_count']} rows"
    return None if result.get("observed_value") is None else shortened(str(result["observed_value"]))


def _detail(
    source: SQLDatasource, table: str, kwargs: Mapping[str, Any], result: Mapping[str, Any], raised: Sequence[str]
) -> str | None:
    """Why an expectation failed: what it raised, or some of the rows or values that it found."""
    if raised:
        return " ".join(raised[0].split())
    if "unexpected_rows_query" in kwargs:
        query = kwargs["unexpected_rows_query"].format(batch=table)
        rows = _rows(source, f"select * from ({query}) as unexpected limit {ROWS_SHOWN}")
        return rows_in_words(list(rows[0]._mapping), rows) if rows else None
    values = result.get("partial_unexpected_list", [])[:ROWS_SHOWN]
    return f"for example {', '.join(map(str, values))}" if values else None


def _rows(source: SQLDatasource, query: str) -> Sequence[Any]:
    return source.get_execution_engine().execute_query(sqlalchemy.text(query)).fetchall()


def _no_suite(table: str, problem: str | None) -> Check:
    return Check(
        check_name=f"{table}: there is a suite",
        domain=_domain(table),
        tool="great_expectations",
        severity="error",
        passed=False,
        detail=problem or f"add one to expectations/{_domain(table)}.py",
    )


def _domain(table: str) -> str:
    return table.split(".", 1)[0]
