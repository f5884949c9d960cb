"""Which published figures of days, weeks and months that were over moved from one release to the next, and why.

A figure is a value of a column of numbers. It is closed where its row says so (`is_complete`), or else where its period
ended (the rule's `closes_on`) by the as-of day of the former release; what has no period in its key (a customer's
value) moves every night and is not looked at.

Two tables are compared in one statement: a hash for each period says which periods differ, and only their rows are
joined. What moved is written down figure by figure where it is little, and else added up by day, month or year.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from dagster_project.warehouse.build.causes import CAUSES, OF_ITS_DAYS_ALONE
from dagster_project.warehouse.database import only_row
from dagster_project.warehouse.fingerprint import Description, describe, qualified, quoted
from dagster_project.warehouse.gate.verdict import Rule
from dagster_project.warehouse.load.forms import literal
from dagster_project.warehouse.release.history import COLUMNS

MONTHS = ("month", "cohort_month")
# Ends the names of tables whose periods are weeks, called by their first day.
WEEKLY = "_weekly"
IS_COMPLETE = "is_complete"
# Rows of ops.restatements for one table and release. A day of late data moves some hundreds, a definition everything.
MOST_FIGURES = 5_000
GRAINS = ("day", "month", "year")
# Of the comparing connection: what moved, in the columns of ops.restatements.
MOVED = "moved_figures"
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
SHARES = ("FLOAT", "DOUBLE")
NO_KEY = "'{}'"
NOTED = "load.causes"


@dataclass(frozen=True)
class Restated:
    """Rows of one table, of closed periods, that changed, came or went, and the first and last such period."""

    table: str
    rows: int
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.table}: {self.rows:,} {'row' if self.rows == 1 else 'rows'}, {self.first} to {self.last}"


@dataclass(frozen=True)
class Comparison:
    """A table of two attached databases; `as_of` and `published_at` (UTC) are those of the one before.

    What is of `kept_from` or earlier left by retention, or is what retention left of that day, and has not moved.
    """

    before: str
    after: str
    table: str
    rule: Rule
    as_of: date
    published_at: datetime
    kept_from: date | None = None


def compare(
    connection: duckdb.DuckDBPyConnection, release_id: str, comparisons: Collection[Comparison]
) -> list[Restated]:
    """Write what moved into the temporary table `moved_figures`, and say how much that is of which tables."""
    listed = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS["ops.restatements"].items())
    connection.execute(f"create or replace temp table {MOVED} ({listed})")
    databases = {name for one in comparisons for name in (one.before, one.after)}
    described = {name: describe(connection, name) for name in databases}
    found = [
        _compare(connection, release_id, one, described)
        for one in comparisons
        if one.table in described[one.before] and one.table in described[one.after]
    ]
    connection.execute("drop table if exists moved_pairs")
    return [one for one in found if one]


def _compare(
    connection: duckdb.DuckDBPyConnection,
    release_id: str,
    one: Comparison,
    described: Mapping[str, Mapping[str, Description]],
) -> Restated | None:
    key, old, new = one.rule.key, described[one.before][one.table], described[one.after][one.table]
    period = next((name for name in key if new.columns.get(name) in ("DATE", "TIMESTAMP")), None)
    figures = [name for name in new.columns if name not in key and _is_number(old, name) and _is_number(new, name)]
    if period is None or not figures or not set(key) <= old.columns.keys() & new.columns.keys():
        return None
    pairs = _pairs(one, period, figures, IS_COMPLETE in old.columns)
    connection.execute(f"create or replace temp table moved_pairs as {pairs}")
    _group(connection, figures, NO_KEY)
    counted = "coalesce(sum(rows), 0), min(period), max(period), sum(list_sum([f.moved_rows for f in figures]))"
    rows, first, last, moved = only_row(connection, f"select {counted} from moved_groups")
    if rows == 0:
        return None
    if moved <= MOST_FIGURES and not one.rule.names_people and new.columns[period] == "DATE":
        _group(connection, figures, _rest_of_key([name for name in key if name != period]))
    causes = _causes(one, period, are_noted=NOTED in described[one.after])
    averages = [name for name in figures if name in one.rule.averages or new.columns[name] in SHARES]
    connection.execute(
        f"insert into {MOVED} {_written(_grain(connection), causes)}",
        {"release_id": release_id, "table": one.table, "averages": averages},
    )
    return Restated(one.table, rows, first, last)


def _is_number(described: Description, name: str) -> bool:
    return described.columns.get(name, "").startswith(NUMBERS)


def _rest_of_key(names: list[str]) -> str:
    """SQL: these columns as JSON."""
    pairs = ", ".join(f"{literal(name)}: {quoted(name)}" for name in names)
    return f"cast(to_json({{{pairs}}}) as varchar)" if names else NO_KEY


def _pairs(one: Comparison, period: str, figures: list[str], has_complete: bool) -> str:
    """SQL: the closed rows, by key, of which a figure is not the same in both; figures as `old x` and `new x`."""
    key = [quoted(name) for name in one.rule.key]
    part_of_key, columns = ", ".join(key), ", ".join([*key, *map(quoted, figures)])
    closes = one.rule.closes_on or (f"last_day({quoted(period)})" if period in MONTHS else quoted(period))
    kept = f" and cast({quoted(period)} as date) > date '{one.kept_from}'" if one.kept_from else ""
    before, after = (
        f"select {columns}, cast({quoted(period)} as date) as _period from {qualified(name, one.table)} "
        f"where cast({closes} as date) <= date '{one.as_of}'{kept}"
        for name in (one.before, one.after)
    )
    if has_complete:  # what was complete then; that more is now is no restatement
        before += f" and {IS_COMPLETE}"
        after += f" and ({part_of_key}) in (select {part_of_key} from former)"
    content = f"select _period, sum(cast(hash({columns}) as hugeint)) as content"
    both = [(f"former.{quoted(name)}", f"present.{quoted(name)}", name) for name in figures]
    named = ", ".join(f"{old} as {quoted('old ' + name)}, {new} as {quoted('new ' + name)}" for old, new, name in both)
    return f"""
        with former as ({before}),
        present as ({after}),
        differing as (
            select _period from ({content} from former group by _period) as one
            full join ({content} from present group by _period) as other using (_period)
            where one.content is distinct from other.content
        )
        select coalesce(former._period, present._period) as _period, {named},
            {", ".join(f"coalesce(former.{name}, present.{name}) as {name}" for name in key)}
        from (from former semi join differing using (_period)) as former
        full join (from present semi join differing using (_period)) as present
            on {" and ".join(f"former.{name} is not distinct from present.{name}" for name in key)}
        where {" or ".join(f"{old} is distinct from {new}" for old, new, _ in both)}
    """


def _group(connection: duckdb.DuckDBPyConnection, figures: list[str], rest_of_key: str) -> None:
    """Make `moved_groups` of `moved_pairs`: by period and the rest of the key, how many rows and each figure's sums."""
    sums = ", ".join(map(_sums, figures))
    connection.execute(f"""
        create or replace temp table moved_groups as
        select _period as period, {rest_of_key} as key, count(*) as rows, [{sums}] as figures
        from moved_pairs group by 1, 2
    """)


def _sums(name: str) -> str:
    old, new = quoted(f"old {name}"), quoted(f"new {name}")
    moved = f"filter (where {old} is distinct from {new})"
    return (
        f"{{'column_name': {literal(name)}, 'moved_rows': count(*) {moved}, "
        f"'old_value': cast(sum({old}) {moved} as double), 'new_value': cast(sum({new}) {moved} as double)}}"
    )


def _grain(connection: duckdb.DuckDBPyConnection) -> str:
    """The finest grain at which what moved is little enough to be written down."""
    for grain in GRAINS[:-1]:
        rows = f"count(distinct (date_trunc('{grain}', period), key)) * any_value(len(figures))"
        if only_row(connection, f"select {rows} from moved_groups")[0] <= MOST_FIGURES:
            return grain
    return GRAINS[-1]


def _causes(one: Comparison, period: str, are_noted: bool) -> str:
    """SQL: the cause of each period: the first that touches it, else the first that may reach beyond its days."""
    names, last = str(list(CAUSES)), len(CAUSES)
    known = "select null::int as rank, null::date as first_day, null::date as last_day, false as reaches where false"
    if are_noted:
        known = f"""
            select list_position({names}, cause) as rank, first_day, last_day,
                cause <> {literal(OF_ITS_DAYS_ALONE)} as reaches
            from {qualified(one.after, NOTED)}
            where noted_at > timestamp '{one.published_at}' and (feed is null or list_contains({one.rule.feeds}, feed))
        """
    end = "last_day(period)" if period in MONTHS else "period + 6" if one.table.endswith(WEEKLY) else "period"
    touches = f"first_day is null or (first_day <= {end} and last_day >= period)"
    return f"""
        select period, {names}[coalesce(
            min(rank) filter (where {touches}), min(rank) filter (where reaches), min(rank), {last}
        )] as cause
        from (select distinct period from moved_groups) as periods
        left join ({known}) as known on true
        group by period
    """


def _written(grain: str, causes: str) -> str:
    """SQL: the rows of ops.restatements. What does not add up has values only where it is of one row."""
    values = ", ".join(
        f"case when sum(figure.moved_rows) = 1 or not list_contains($averages, figure.column_name) "
        f"then sum(figure.{name}) end"
        for name in ("old_value", "new_value")
    )
    return f"""
        select $release_id, $table, cast(date_trunc('{grain}', period) as date), key, figure.column_name, {values},
            cast(sum(figure.moved_rows) as bigint), cause
        from (select period, key, unnest(figures) as figure from moved_groups)
        inner join ({causes}) as causes using (period)
        where figure.moved_rows > 0
        group by date_trunc('{grain}', period), key, figure.column_name, cause
    """
