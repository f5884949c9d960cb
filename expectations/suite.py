"""The vocabulary of the suites: a table with its expectations, and the expectations that Great Expectations lacks.

An expectation whose severity is `critical` (the default) holds the domain back when it fails; any other is reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import great_expectations.expectations as gxe
from great_expectations.expectations import Expectation, UnexpectedRowsExpectation
from great_expectations.expectations.metadata_types import FailureSeverity

# SQL: the day that the candidate was built as of. A constant to DuckDB, so that it reads the days that are asked for.
AS_OF = "as_of()"
# The first hour that is open of a feed, in time zones of half hours too.
FIRST_OPEN_HOUR = "date_trunc('hour', opens_at + interval 59 minutes)"
LONG_AGO = "1900-01-01"


class CountedRowsExpectation(UnexpectedRowsExpectation):
    """No row is found by a query, which runs once: to show the rows as well, it would have to run twice."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict, *arguments: Any, **more: Any) -> Any:
        return super()._validate({"unexpected_rows_query.table": None, **metrics}, *arguments, **more)


@dataclass(frozen=True)
class Suite:
    """The expectations of one published table.

    `filled_by` is a query that finds a row whenever the table must not be empty, because an empty table satisfies
    every range, set and key; None where it may be. `may_be_null` names the columns that may be null in all rows,
    which satisfies most as well.
    """

    table: str
    filled_by: str | None
    expectations: Sequence[Expectation]
    may_be_null: Sequence[str] = ()

    def complete(self, columns: Sequence[str]) -> list[Expectation]:
        """The suite's expectations on a table of these columns, preceded by those that every suite needs."""
        never_null = [column for column in columns if column not in self.may_be_null]
        filled = [is_filled(self.filled_by)] if self.filled_by else []
        return [*filled, no_column_is_null(never_null), *self.expectations]

    def relations(self) -> set[str]:
        """Every relation that the suite reads, as `schema.name`, and other names that look like one.

        The candidate knows no search path: what a query reads is named with its schema.
        """
        queries = [self.filled_by or "", *(getattr(one, "unexpected_rows_query", "") for one in self.expectations)]
        return {self.table, *(name for query in queries for name in re.findall(r"\w+\.\w+", str(query)))}


def has_columns(columns: str) -> Expectation:
    """The table has exactly these columns (names separated by blanks) in this order."""
    return gxe.ExpectTableColumnsToMatchOrderedList(column_list=columns.split())


def is_key(columns: str) -> CountedRowsExpectation:
    """No two rows share the values of these columns (names separated by blanks), and none is null.

    For tables that are filled after dbt's tests: the key of any other is one of them, which looks at what is new alone
    where the table is large. What Great Expectations has for that joins the table with itself: five times the work.
    """
    names = ", ".join(columns.split())
    any_null = " or ".join(f"{name} is null" for name in columns.split())
    return CountedRowsExpectation(
        description=f"{names}: never null, and no two rows share it",
        unexpected_rows_query=f"""
            select {names}, count(*) as rows_with_this_key from {{batch}}
            group by {names} having count(*) > 1 or {any_null}
        """,
    )


def between(columns: str, minimum: float, maximum: float | None = None) -> list[Expectation]:
    """Every value of each of the columns (names separated by blanks) is in the range; nulls pass."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column=column, min_value=minimum, max_value=maximum)
        for column in columns.split()
    ]


def holds(condition: str, what: str | None = None, severity: str = "critical") -> CountedRowsExpectation:
    """Each row satisfies a condition in SQL; a null satisfies nothing, use `is not distinct from` where it may.

    `what` says in words what a long condition means.
    """
    return CountedRowsExpectation(
        description=what or condition,
        unexpected_rows_query=f"select * from {{batch}} where ({_literal(condition)}) is not true",
        severity=FailureSeverity(severity),
    )


def reconciles(
    total: str, query: str, within: str = "0", what: str | None = None, severity: str = "critical"
) -> CountedRowsExpectation:
    """An aggregate of the table equals the one figure that a query finds elsewhere, to an aggregate as tolerance.

    A table without rows adds up to 0; a query that finds null equals nothing. `what` says in words what it finds.
    """
    return CountedRowsExpectation(
        description=f"{total} = {what or query}",
        unexpected_rows_query=f"""
            select published.figure as published, expected.figure as expected
            from (
                select coalesce({_literal(total)}, 0) as figure, {_literal(within)} as tolerance from {{batch}}
            ) as published
            cross join (select ({_literal(query)}) as figure) as expected
            where (abs(published.figure - expected.figure) <= published.tolerance) is not true
        """,
        severity=FailureSeverity(severity),
    )


def equal(figures: Mapping[str, str], rows: str, what: str | None = None) -> CountedRowsExpectation:
    """Aggregates of the table are those of `rows` (SQL after `from`), which one scan finds; both are exact numbers.

    `figures` has one aggregate for the other, `what` says in words what the latter are.
    """
    described = what or ", ".join(figures.values()) + f" of {rows}"
    return _equal(f"{', '.join(figures)} = {described}", figures, from_rows=_literal(rows))


def counts(
    totals: Mapping[str, str], feed: str, event_time: str, period: str, table: str | None = None
) -> CountedRowsExpectation:
    """Aggregates of the table are the numbers of the feed's standing rows for which a condition holds.

    `totals` has the condition of each; one scan of the feed counts for all of them.
    `period` is the table's day or hour. Of days that retention has closed rows may be gone; both sides leave them out.
    `table` is the name of a table whose figures go by age as well, sooner than rows in the night that begins with it.
    """
    since, began = ("kept_from", "opens_at") if period == "activity_date" else (FIRST_OPEN_HOUR, FIRST_OPEN_HOUR)
    kept = f"from load.kept_from where name in ('{feed}', '{table or feed}')"
    described = ", ".join(f"{total} = rows of raw.{feed} where {rows}" for total, rows in totals.items())
    return _equal(
        described.replace(" where true", ""),
        {total: f"count(*) filter (where {rows})" for total, rows in totals.items()},
        where=f"{period} >= coalesce((select max({since}) {kept}), date '{LONG_AGO}')",
        from_rows=f"raw.{feed} where {event_time} >= coalesce((select max({began}) {kept}), timestamp '{LONG_AGO}')",
    )


def _equal(description: str, figures: Mapping[str, str], from_rows: str, where: str = "true") -> CountedRowsExpectation:
    published, expected = ", ".join(f"coalesce({total}, 0)" for total in figures), ", ".join(figures.values())
    return CountedRowsExpectation(
        description=description,
        unexpected_rows_query=f"""
            select published.figures as published, expected.figures as expected
            from (select [{_literal(published)}] as figures from {{batch}} where {where}) as published
            cross join (select [{_literal(expected)}] as figures from {from_rows}) as expected
            where published.figures is distinct from expected.figures
        """,
    )


def is_filled(filled_by: str) -> CountedRowsExpectation:
    """The table has a row if `filled_by` finds one."""
    return CountedRowsExpectation(
        description="the table is not empty while what fills it is not",
        unexpected_rows_query=f"""
            select table_rows from (select count(*) as table_rows from {{batch}}) as counted
            where table_rows = 0 and exists ({_literal(filled_by)})
        """,
    )


def no_column_is_null(columns: Sequence[str]) -> CountedRowsExpectation:
    """Each of the columns has a value in some row, if there is a row."""
    names = ", ".join(f"""case when count("{column}") = 0 then '{column}' end""" for column in columns)
    return CountedRowsExpectation(
        description="no column is null in every row",
        unexpected_rows_query=f"""
            select column_without_values
            from (select unnest([{names}]) as column_without_values from {{batch}} having count(*) > 0) as found
            where column_without_values is not null
        """,
    )


def _literal(sql: str) -> str:
    """SQL in which braces mean themselves: Great Expectations formats its queries."""
    return sql.replace("{", "{{").replace("}", "}}")
