"""Which moved figures hold their domain back until somebody approves them.

A headline figure of a table (`restatement_floors` in its meta) may move by the table's share. Less than the floor is
not judged: a few late rows move a small figure by much, and what was not there before is no figure that was wrong.
A backfill and an erasure are acts of their own and need no second word; late data, corrected deliveries and changed
definitions, which nobody may have meant to move a figure that much, do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from dagster_project.warehouse.build.causes import CAUSES
from dagster_project.warehouse.database import only_row
from dagster_project.warehouse.gate.verdict import DOMAINS, Rule
from dagster_project.warehouse.release.restated import MOVED

NO_KEY = "{}"
EXPLICIT = ("backfill", "erasure")
FIGURES_SHOWN = 3


@dataclass(frozen=True)
class MovedFigure:
    """A closed figure that moved; `tolerance` is the share that it may. Missing values were or are no row."""

    table: str
    period: date
    key: str
    column: str
    old: float | None
    new: float | None
    cause: str
    tolerance: float

    def __str__(self) -> str:
        where = f"{self.table} {self.column} of {self.period}" + (f" {self.key}" if self.key != NO_KEY else "")
        return f"{where}: {_number(self.old)} became {_number(self.new)} ({self.cause}, tolerance {self.tolerance:.0%})"


@dataclass(frozen=True)
class Beyond:
    """What of one domain moved beyond its tolerance, worst first; `restatement` is a stamp of all of its that moved."""

    domain: str
    figures: list[MovedFigure]
    restatement: str

    @property
    def reason(self) -> str:
        """Why the domain is held back, and what to do."""
        told = "; ".join(map(str, self.figures[:FIGURES_SHOWN]))
        more = len(self.figures) - FIGURES_SHOWN
        rest = f"; and {more:,} more" if more > 0 else ""
        return (
            f"figures of closed periods moved beyond their tolerance: {told}{rest}. Where that is right, "
            f"`warehouse approve {self.domain}` publishes it (--dry-run lists it), else deliver what corrects it"
        )


def beyond_tolerance(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule]) -> dict[str, Beyond]:
    """The domains of which something moved beyond its tolerance, by `moved_figures` of the comparing connection."""
    limits = [
        (table, column, floor, rule.tolerance)
        for table, rule in rules.items()
        if rule.tolerance is not None
        for column, floor in rule.floors.items()
    ]
    if not limits:
        return {}
    columns = "table_name varchar, column_name varchar, low double, share double"
    connection.execute(f"create or replace temp table limits ({columns})")
    connection.executemany("insert into limits values (?, ?, ?, ?)", limits)
    change = "abs(coalesce(new_value, 0) - old_value) / abs(nullif(old_value, 0))"
    judged = list(set(CAUSES) - set(EXPLICIT))
    rows = connection.execute(
        f"""
        select table_name, period, key, column_name, old_value, new_value, cause, share
        from {MOVED} inner join limits using (table_name, column_name)
        where abs(old_value) >= low and {change} > share and list_contains(?, cause)
        order by {change} desc, table_name, period, key, column_name
        """,
        [judged],
    ).fetchall()
    figures = [MovedFigure(*row) for row in rows]
    return {
        domain: Beyond(domain, own, _stamp(connection, domain))
        for domain in DOMAINS
        if (own := [figure for figure in figures if figure.table.startswith(f"{domain}.")])
    }


def _stamp(connection: duckdb.DuckDBPyConnection, domain: str) -> str:
    """A short text that is another for whatever else moves; the release that is to hold it does not count."""
    row = "hash(table_name, period, key, column_name, old_value, new_value, moved_rows, cause)"
    found = only_row(
        connection,
        f"select count(*), sum(cast({row} as hugeint)), bit_xor({row}) from {MOVED} where table_name like ? || '.%'",
        [domain],
    )
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:,.2f}".removesuffix(".00")
