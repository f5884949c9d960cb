"""Tiles and cards with the figures of one release in them, ready to be written into a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from inspect import cleandoc
from typing import Any

import duckdb

from dagster_project.dashboards.definitions import Chart, Item, Listing, Tile, domains_of, slug
from dagster_project.dashboards.drawings import Picture
from dagster_project.dashboards.facts import Domain, Facts
from dagster_project.dashboards.forms import MONEY
from dagster_project.dashboards.frames import Frame, pack, read
from dagster_project.dashboards.sparklines import sparkline
from dagster_project.warehouse.local_days import local_day

NEVER_PUBLISHED, EMPTY = "Not in this release yet", "No rows yet"
NOTHING = "\N{EN DASH}"
POINTS_OF_A_TREND = {"month": 13, "day": 60, "week": 26, "hour": 48}


@dataclass(frozen=True)
class View:
    """What every entry shows: its definition, its domain, and what is wrong where there is no figure.

    From `provisional_from` on figures lack deliveries. `trouble` is for the reader; `error` is set where the query
    failed, which is a fault of the page.
    """

    item: Item
    domain: Domain | None
    sql: str
    provisional_from: date | None = None
    trouble: str | None = None
    error: str | None = None

    @property
    def id(self) -> str:
        return slug(self.item.title)

    @property
    def is_held_back(self) -> bool:
        return self.domain is not None and self.domain.is_held_back


@dataclass(frozen=True)
class TileView(View):
    """A headline figure in words; `rows` are (period, figure, still runs), newest first."""

    value: str = ""
    exact: str = ""
    period: str = ""
    change: str | None = None
    against: str = ""
    direction: str = ""  # good, bad or empty
    running: str | None = None
    trend: str = ""
    rows: tuple[tuple[str, str, bool], ...] = ()

    @property
    def id(self) -> str:
        return f"tile-{slug(self.item.title)}"

    @property
    def moves(self) -> str:
        """Up, down, or empty where the change is none or rounds to nothing."""
        if not self.change or not any(digit in self.change for digit in "123456789"):
            return ""
        return "up" if self.change.startswith("+") else "down"


@dataclass(frozen=True)
class ChartView(View):
    """A drawn chart and the data that the page needs for it."""

    picture: Picture | None = None
    data: dict[str, Any] | None = None

    @property
    def summary(self) -> str:
        """What a reader who does not see the picture is told."""
        assert isinstance(self.item, Chart)
        shown = ", ".join(name for name, _ in self.picture.legend) if self.picture else ""
        return f"{self.item.title}: {self.item.unit}{'; ' if shown else ''}{shown}. The figures are in the table below."


@dataclass(frozen=True)
class ListingView(View):
    """Rows in words, with the columns that are figures."""

    headings: tuple[str, ...] = ()
    numeric: tuple[bool, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def view(connection: duckdb.DuckDBPyConnection, item: Item, facts: Facts, timezone: str = "UTC") -> View:
    """An entry with the figures of the release; days that it counts hours to are those of the time zone.

    A query that fails is an entry in trouble, not an exception.
    """
    domain = facts.domains.get(domains_of(item)[0])
    tables = {metric.rpartition(".")[0] for metric in item.metrics}
    base: dict[str, Any] = {
        "item": item,
        "domain": domain,
        "sql": cleandoc(item.sql).replace(local_day("hour", "UTC"), local_day("hour", timezone)),
        "provisional_from": facts.provisional_from(tables),
    }
    kind = {Tile: TileView, Chart: ChartView, Listing: ListingView}[type(item)]
    if not tables <= facts.tables:
        return kind(**base, trouble=NEVER_PUBLISHED)
    try:
        frame = read(connection, base["sql"])
        if not len(frame) and not isinstance(item, Listing):
            return kind(**base, trouble=EMPTY)
        as_of = facts.as_of_domain(domains_of(item)[0])
        if isinstance(item, Tile):
            return _tile(item, base, frame, as_of)
        return _chart(item, base, frame, as_of) if isinstance(item, Chart) else _listing(item, base, frame)
    except Exception as error:  # one figure in trouble must not take the page with it
        return kind(**base, trouble="This figure could not be computed", error=f"{type(error).__name__}: {error}")


def _tile(item: Tile, base: dict[str, Any], frame: Frame, as_of: date) -> TileView:
    points = [(period, value) for period, value in zip(frame.values("period"), frame.values("value"), strict=True)]
    over = [point for point in points if item.grain.is_over(point[0], as_of)]
    running = [point for point in points if not item.grain.is_over(point[0], as_of)]
    if not over or over[-1][1] is None:
        trouble = f"No figure for {item.grain.name_of(over[-1][0])}" if over else "No full period yet"
        return TileView(**base, trouble=trouble, running=_so_far(item, running))
    period, value = over[-1]
    earlier = item.grain.before(period, item.compare)  # a day may have no row
    before = dict(over).get(earlier)
    trend = points[-POINTS_OF_A_TREND[item.grain] :]
    change = None if before is None else item.form.change(value, before)
    return TileView(
        **base,
        value=item.form.headline(value),
        exact=item.form.full(value),
        period=item.grain.name_of(period),
        change=change,
        against=_beside(item.grain.name_of(earlier), period) if change else "",
        direction=_direction(item, change),
        running=_so_far(item, running),
        trend=sparkline([value for _, value in trend], len([point for point in trend if point in running])),
        rows=tuple(
            (item.grain.name_of(at), NOTHING if figure is None else item.form.full(figure), (at, figure) in running)
            for at, figure in reversed(points[-13:])
        ),
    )


def _beside(name: str, period: date) -> str:
    """The name of a period beside that of another: without its year where that is the same."""
    return name.removesuffix(f" {period.year}")


def _so_far(item: Tile, running: list[tuple[date, Any]]) -> str | None:
    if not running or running[-1][1] is None:
        return None
    return f"{item.grain.name_of(running[-1][0])} so far: {item.form.headline(running[-1][1])}"


def _direction(item: Tile, change: str | None) -> str:
    """Whether a change is a good one; a change that rounds to nothing is neither."""
    if not item.better or not change or not any(digit in change for digit in "123456789"):
        return ""
    return "good" if change.startswith("+") == (item.better == "up") else "bad"


def _chart(item: Chart, base: dict[str, Any], frame: Frame, as_of: date) -> ChartView:
    picture = item.drawing.draw(frame, as_of, item.filters)
    figures = [one.column for one in picture.series]
    if figures and not picture.frame.has_figures(figures):
        return ChartView(**base, trouble=EMPTY)
    data = pack(picture.frame, picture.time, picture.grain, picture.form is MONEY)
    return ChartView(**base, picture=picture, data=data)


def _listing(item: Listing, base: dict[str, Any], frame: Frame) -> ListingView:
    if not len(frame):
        return ListingView(**base, trouble="Nothing to tell")
    forms = [item.forms.get(column) for column in frame.columns]
    rows = tuple(
        tuple(
            "" if value is None else form.full(value) if form else str(value)
            for form, value in zip(forms, row, strict=True)
        )
        for row in frame.rows
    )
    headings = tuple(column.replace("_", " ") for column in frame.columns)
    return ListingView(**base, headings=headings, numeric=tuple(form is not None for form in forms), rows=rows)
