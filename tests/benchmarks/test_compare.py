"""Figures of two databases are the same up to the last cent, and to what doubles lose."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.benchmarks.floor.compare import differences

ROWS = "(1, 10.00, 0.5), (1, 20.00, 0.5), (2, null, null)"


@pytest.mark.parametrize(
    ("other_rows", "different"),
    [
        ("(2, null, null), (1, 20.00, 0.5), (1, 10.00, 0.5)", 0),
        ("(1, 10.01, 0.5000000000001), (1, 20.00, 0.5), (2, null, null)", 0),
        ("(1, 10.02, 0.5), (1, 20.00, 0.5), (2, null, null)", 1),
        ("(1, 10.00, 0.50001), (1, 20.00, 0.5), (2, null, null)", 1),
        ("(1, 10.00, 0.5), (1, 20.00, 0.5), (2, 0, null)", 1),
        ("(1, 10.00, 0.5), (1, 20.00, 0.5)", 1),
        ("(1, 10.00, 0.5), (1, 20.00, 0.5), (3, null, null)", 2),
        ("(1, 10.00, 0.5), (1, 20.00, 0.5), (2, null, null), (2, null, null)", 1),
    ],
)
def test_rows_that_only_one_of_two_databases_has_are_counted(other_rows: str, different: int, tmp_path: Path) -> None:
    one, other = tmp_path / "one.duckdb", tmp_path / "other.duckdb"
    _write(one, ROWS)
    _write(other, other_rows)
    assert differences(one, other) == {"finance.toy": different}


def _write(database: Path, rows: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"""
            create schema finance;
            create table finance.toy (customers bigint, mrr decimal(18, 2), rate double);
            insert into finance.toy values {rows}
        """)
