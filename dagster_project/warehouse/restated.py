"""Which published figures of days and months that were over moved from one release to the next.

A figure is closed where its row says so (`is_complete`), or else where its period ended by the as-of day of the former
release; what has no period in its key (a customer's value) moves every night and is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from dagster_project.warehouse.fingerprint import Description, describe, qualified, quoted

MONTHS = ("month", "cohort_month")
IS_COMPLETE = "is_complete"


@dataclass(frozen=True)
class Restated:
    """Rows of one table, of closed periods, that changed, came or went, and the first and last such period."""

    table: str
    rows: int
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.table}: {self.rows:,} {'row' if self.rows == 1 else 'rows'}, {self.first} to {self.last}"


def restated(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, keys: Mapping[str, Sequence[str]], as_of: date
) -> list[Restated]:
    """Compare the tables that two attached databases share, by their keys; `as_of` is that of the one before."""
    old, new = describe(connection, before), describe(connection, after)
    found = []
    for table in sorted(keys.keys() & old.keys() & new.keys()):
        period = _period(old[table], keys[table])
        if period and old[table].columns == new[table].columns:
            sql = _moved(before, after, table, list(keys[table]), period, old[table])
            (row,) = connection.execute(sql, {"as_of": as_of}).fetchall()
            found += [Restated(table, *row)] if row[0] else []
    return found


def _period(described: Description, key: Sequence[str]) -> str | None:
    """The part of the key that is a day, an hour or a month."""
    return next((name for name in key if described.columns.get(name) in ("DATE", "TIMESTAMP")), None)


def _moved(before: str, after: str, table: str, key: list[str], period: str, described: Description) -> str:
    """SQL: how many closed rows are not the same in both, with the first and last of their periods."""
    columns, part_of_key = ", ".join(map(quoted, described.columns)), ", ".join(map(quoted, key))
    over = f"last_day({quoted(period)}) <= $as_of" if period in MONTHS else f"{quoted(period)} <= $as_of"
    one, other = (f"select {columns} from {qualified(name, table)} where {over}" for name in (before, after))
    if IS_COMPLETE in described.columns:  # what was complete then; that more is now is no restatement
        one += f" and {IS_COMPLETE}"
        other += f" and ({part_of_key}) in (select {part_of_key} from ({one}))"
    return f"""
        with moved as (({one} except all {other}) union all ({other} except all {one}))
        select count(distinct ({part_of_key})), min({quoted(period)})::date, max({quoted(period)})::date from moved
    """
