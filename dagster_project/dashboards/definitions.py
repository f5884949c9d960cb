"""What a page consists of: tiles, charts and listings in sections. Adding one is adding one entry to a section.

Where `sql` counts hours, which are UTC's, to days, it says `cast(hour as date)`: views.py puts the day of the reporting
time zone in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dagster_project.dashboards.drawings import Drawing
from dagster_project.dashboards.forms import Form
from dagster_project.dashboards.periods import Grain

# The choice of a filter that shows everything; a table's own row of the total is named so too.
EVERYTHING = "all"


@dataclass(frozen=True)
class Tile:
    """A headline figure: the newest period that is over, the change against an earlier one, and the trend.

    `sql` yields `period` and `value`, oldest first. `compare` periods back is what the change is against, if that has
    a row. `better` is the good direction. `metric` is the column it is published in.
    """

    title: str
    why: str
    metric: str
    form: Form
    grain: Grain
    sql: str
    better: Literal["up", "down"] | None = "up"
    compare: int = 1

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,)


@dataclass(frozen=True)
class Chart:
    """A picture of a query: what to draw, what it is for, and the columns its figures are published in.

    `filters` are the columns of `sql` by which the page filters; a choice that the page offers for all of them is
    EVERYTHING. `span` is the width in twelfths of the page.
    """

    title: str
    why: str
    metrics: tuple[str, ...]
    unit: str
    sql: str
    drawing: Drawing
    filters: tuple[str, ...] = ()
    span: int = 6


@dataclass(frozen=True)
class Listing:
    """A table of rows for which a picture would say less; columns in `forms` are figures, all others text."""

    title: str
    why: str
    metrics: tuple[str, ...]
    unit: str
    sql: str
    forms: dict[str, Form]
    span: int = 6


Item = Tile | Chart | Listing


@dataclass(frozen=True)
class Section:
    """A heading with the tiles and cards below it."""

    title: str
    tiles: tuple[Tile, ...] = ()
    cards: tuple[Chart | Listing, ...] = ()


@dataclass(frozen=True)
class Filter:
    """A choice at the top of a page: the column it filters by, and what it is called."""

    column: str
    label: str


@dataclass(frozen=True)
class Page:
    """One dashboard: `periods` are the choices of days of history (None is all), the first is chosen at first.

    `headlines` are those of its tiles that the index shows too.
    """

    name: str
    title: str
    purpose: str
    periods: tuple[tuple[int | None, str], ...]
    filters: tuple[Filter, ...]
    sections: tuple[Section, ...]
    headlines: tuple[Tile, ...] = ()

    def items(self) -> list[Item]:
        """Every tile, chart and listing."""
        return [item for section in self.sections for item in (*section.tiles, *section.cards)]


def slug(title: str) -> str:
    """A title as a fragment of an address."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())


def domains_of(item: Item) -> list[str]:
    """The domains whose tables an entry shows."""
    return list(dict.fromkeys(metric.split(".")[0] for metric in item.metrics))
