"""Rows of a release for a page: read, made wide, told which are provisional, and packed into few bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from dagster_project.dashboards.periods import Grain, as_time

# Added to rows with a running period: 0 is over, 1 is the last that is over, 2 still runs.
STATE = "_state"
OVER, LAST_OVER, RUNNING = 0, 1, 2


@dataclass(frozen=True)
class Frame:
    """The rows of one query, in the order in which the query gives them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, column: str) -> list[Any]:
        """One column."""
        place = self.columns.index(column)
        return [row[place] for row in self.rows]

    def distinct(self, column: str) -> list[Any]:
        """The values of a column that are not null, each once, in the order of their first row."""
        return list(dict.fromkeys(value for value in self.values(column) if value is not None))

    def with_column(self, name: str, values: Sequence[Any]) -> Frame:
        """The frame with one more column."""
        rows = tuple((*row, value) for row, value in zip(self.rows, values, strict=True))
        return Frame((*self.columns, name), rows)

    def has_figures(self, columns: Sequence[str]) -> bool:
        """Whether any of these columns has a value."""
        return any(value is not None for column in columns for value in self.values(column))


def read(connection: duckdb.DuckDBPyConnection, sql: str) -> Frame:
    """The rows of a query; decimals become floats."""
    found = connection.execute(sql)
    columns = tuple(column[0] for column in found.description or ())
    return Frame(columns, tuple(tuple(map(_plain, row)) for row in found.fetchall()))


def widen(frame: Frame, by: str, value: str) -> tuple[Frame, dict[str, str]]:
    """One row per combination of the other columns, and a column for each value of `by`; and what these stand for.

    Sorted, so that the same thing has the same colour in neighbouring charts; what has no figure at all is left out.
    """
    figures = zip(frame.values(by), frame.values(value), strict=True)
    names = sorted({str(name) for name, figure in figures if name is not None and figure is not None})
    keys = [column for column in frame.columns if column not in (by, value)]
    cells: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in (dict(zip(frame.columns, row, strict=True)) for row in frame.rows):
        if str(row[by]) in names:
            cells.setdefault(tuple(row[key] for key in keys), {})[str(row[by])] = row[value]
    rows = tuple((*key, *(found.get(name) for name in names)) for key, found in cells.items())
    columns = [f"s{place}" for place in range(len(names))]
    return Frame((*keys, *columns), rows), dict(zip(columns, names, strict=True))


def with_gaps(frame: Frame, time: str, grain: Grain, as_of: date, groups: Sequence[str]) -> Frame:
    """The frame with a row without figures for each period that has none, from its group's first to the as-of day."""
    place = frame.columns.index(time)
    places = [frame.columns.index(group) for group in groups]
    found: dict[tuple[Any, ...], dict[datetime, tuple[Any, ...]]] = {}
    for row in frame.rows:
        period = as_time(row[place])
        known = found.setdefault(tuple(row[group] for group in places), {})
        known[period] = (*row[:place], period, *row[place + 1 :])
    rows: list[tuple[Any, ...]] = []
    for group, known in found.items():
        fixed = dict(zip(places, group, strict=True))
        period, last = min(known), max(known)
        end = last if grain is Grain.hour else max(last, as_time(as_of))
        while period <= end:
            values = {**fixed, place: period}
            rows.append(known.get(period) or tuple(values.get(column) for column in range(len(frame.columns))))
            period = as_time(grain.after(period))
    return Frame(frame.columns, tuple(rows))


def with_states(frame: Frame, time: str, grain: Grain, as_of: date, settles_after: int, groups: Sequence[str]) -> Frame:
    """The frame with the column STATE: which periods are over, within each group the last of them, which still run."""
    periods = frame.values(time)
    keys = list(zip(*(frame.values(group) for group in groups), strict=True)) if groups else [()] * len(frame)
    over = [grain.is_over(period, as_of, settles_after) for period in periods]
    last: dict[tuple[Any, ...], date] = {}
    for key, period, is_over in zip(keys, periods, over, strict=True):
        if is_over and (key not in last or period > last[key]):
            last[key] = period
    states = [
        RUNNING if not is_over else LAST_OVER if period == last[key] else OVER
        for key, period, is_over in zip(keys, periods, over, strict=True)
    ]
    return frame.with_column(STATE, states)


def pack(frame: Frame, time: str | None, grain: Grain | None, is_money: bool) -> dict[str, Any]:
    """A frame by columns for a page: periods as steps since 1970, texts as places in a list.

    Money keeps its cents, other figures that are no whole numbers five significant digits.
    """
    return {
        column: _packed(frame.values(column), grain if column == time else None, is_money) for column in frame.columns
    }


def _packed(values: list[Any], grain: Grain | None, is_money: bool) -> dict[str, Any]:
    if grain:
        return {"hours" if grain is Grain.hour else "days": [grain.number_of(value) for value in values]}
    if any(isinstance(value, str) for value in values):
        names = list(dict.fromkeys(values))
        places = {name: place for place, name in enumerate(names)}
        return {"names": names, "places": [places[value] for value in values]}
    return {"values": [_short(value, is_money) for value in values]}


def _short(value: Any, is_money: bool) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, date):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        rounded = round(value, 2) if is_money else float(f"{value:.5g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def without(frame: Frame, column: str) -> Frame:
    """The frame without a column."""
    place = frame.columns.index(column)
    rows = tuple((*row[:place], *row[place + 1 :]) for row in frame.rows)
    return Frame((*frame.columns[:place], *frame.columns[place + 1 :]), rows)
