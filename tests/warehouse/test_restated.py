"""Which closed figures moved between two databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from dagster_project.warehouse.restated import Restated, restated

AS_OF = date(2024, 3, 15)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name in ("former", "present"):
            connection.execute(f"attach ':memory:' as {name}; create schema {name}.finance")
        yield connection


def fill(connection: duckdb.DuckDBPyConnection, former: str, present: str) -> None:
    for name, rows in (("former", former), ("present", present)):
        connection.execute(f"create table {name}.finance.figures as {rows}")


def moved(connection: duckdb.DuckDBPyConnection, *key: str) -> list[Restated]:
    return restated(connection, "former", "present", {"finance.figures": key}, AS_OF)


def test_a_changed_a_lost_and_an_added_row_of_past_days_are_restated_and_new_days_are_not(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-03-01', 1), (date '2024-03-02', 2), (date '2024-03-03', 3)) as v(day, figure)",
        "from (values (date '2024-03-01', 1), (date '2024-03-02', 9), (date '2024-03-04', 4), (date '2024-03-16', 5))"
        " as v(day, figure)",
    )
    assert moved(connection, "day") == [Restated("finance.figures", 3, date(2024, 3, 2), date(2024, 3, 4))]
    assert str(moved(connection, "day")[0]) == "finance.figures: 3 rows, 2024-03-02 to 2024-03-04"


def test_the_running_month_may_move_and_a_month_that_is_over_may_not(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 1), (date '2024-03-01', 1)) as v(month, figure)",
        "from (values (date '2024-02-01', 2), (date '2024-03-01', 2)) as v(month, figure)",
    )
    assert moved(connection, "month") == [Restated("finance.figures", 1, date(2024, 2, 1), date(2024, 2, 1))]


def test_what_becomes_complete_is_no_restatement(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 0, 1, true), (date '2024-02-01', 1, 5, false)) as v(day, n, f, is_complete)",
        "from (values (date '2024-02-01', 0, 1, true), (date '2024-02-01', 1, 6, true), "
        "(date '2024-02-01', 2, 1, true)) as v(day, n, f, is_complete)",
    )
    assert moved(connection, "day", "n") == []


def test_a_complete_row_that_changes_or_goes_is_restated(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 0, 1, true), (date '2024-02-01', 1, 5, true)) as v(day, n, f, is_complete)",
        "from (values (date '2024-02-01', 0, 2, true)) as v(day, n, f, is_complete)",
    )
    assert moved(connection, "day", "n") == [Restated("finance.figures", 2, date(2024, 2, 1), date(2024, 2, 1))]


def test_a_table_without_period_or_of_other_columns_is_not_compared(connection) -> None:
    fill(connection, "from (values ('u1', 1)) as v(user_id, figure)", "from (values ('u1', 2)) as v(user_id, figure)")
    assert moved(connection, "user_id") == []
    connection.execute("alter table present.finance.figures add column more int")
    assert moved(connection, "user_id") == []
