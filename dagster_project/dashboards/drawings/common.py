"""What the drawings share: series and their colours, axes, thresholds, and the data that a page puts in.

The page has the rows, so a chart only names them (ROWS). A period is in the column TIME, in milliseconds, and in LABEL,
in words; dashboards.js makes both. Colours are roles (`@c1`, `@bad`), to which the page gives the colour of its theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import altair as alt

from dagster_project.dashboards.forms import COUNT, Form
from dagster_project.dashboards.frames import RUNNING, STATE, Frame, widen, with_gaps, with_states, without
from dagster_project.dashboards.periods import Grain

ROWS = alt.NamedData("rows")
TIME, LABEL, HOVER = "_time", "_label", "hover"
PALETTE = tuple(f"@c{number}" for number in range(1, 9))
HEIGHT, SMALL = 220, 140
PADDING = {"left": 0, "top": 5, "bottom": 5, "right": 14}
# Vega-Lite puts the title of a tooltip into an expression without escaping what would end it there.
HARMLESS = str.maketrans({'"': "'", "\\": "/", "\n": " ", "\r": " "})


@dataclass(frozen=True)
class Series:
    """One column of figures: its name in the legend, its colour, and whether it is drawn below zero."""

    column: str
    label: str
    colour: str = ""
    is_below: bool = False


@dataclass(frozen=True)
class Threshold:
    """A line that a figure should stay on one side of."""

    value: float
    label: str


@dataclass(frozen=True)
class Picture:
    """A drawn chart: its Vega-Lite specification, the rows it needs, and what the page must know of them.

    `by` is the column whose values became series, so that a filter on it chooses among these. The table behind the
    picture has the columns of `headings`, with figures as `forms` has them.
    """

    spec: dict[str, Any]
    frame: Frame
    form: Form
    series: tuple[Series, ...] = ()
    time: str | None = None
    grain: Grain | None = None
    by: str | None = None
    headings: dict[str, str] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    legend: tuple[tuple[str, str], ...] = ()

    @property
    def has_running(self) -> bool:
        """Whether a period that still runs is drawn."""
        return STATE in self.frame.columns and RUNNING in self.frame.values(STATE)


class Drawing(Protocol):
    """A description of a picture."""

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The picture of a frame that has rows; `filters` are columns by which the page will choose rows."""
        ...


@dataclass(frozen=True)
class OverTime:
    """Figures by period: columns of their own (`series`), or one column `value` split `by` another.

    A period counts as running until it is over and `settles_after` days older. `limit` is a column that has the
    threshold of the figures in every row.
    """

    time: str
    grain: Grain
    form: Form
    series: tuple[Series, ...] = ()
    by: str | None = None
    value: str = "value"
    settles_after: int = 0
    thresholds: tuple[Threshold, ...] = ()
    limit: str | None = None
    height: int = HEIGHT

    def limits(self, frame: Frame) -> list[alt.Chart]:
        """A line for each threshold, those that the rows tell included."""
        told = sorted(frame.distinct(self.limit)) if self.limit else []
        return threshold_layers([*self.thresholds, *(Threshold(value, f"limit {value:g}") for value in told)])

    def arrange(self, frame: Frame, as_of: date, filters: Sequence[str]) -> tuple[Frame, tuple[Series, ...]]:
        """The frame with one column per series and the state of each period, and the coloured series."""
        frame = without(frame, self.limit) if self.limit else frame
        groups = [column for column in filters if column in frame.columns and column != self.by]
        series = self.series
        if self.by:
            frame, labels = widen(frame, self.by, self.value)
            series = tuple(Series(column, label) for column, label in labels.items())
        frame = with_gaps(frame, self.time, self.grain, as_of, groups)
        frame = with_states(frame, self.time, self.grain, as_of, self.settles_after, groups)
        return frame, coloured(series)

    def picture(self, layers: Sequence[alt.Chart], frame: Frame, series: tuple[Series, ...]) -> Picture:
        """The picture of what was drawn."""
        legend = tuple((one.label, one.colour) for one in series) if len(series) > 1 or self.by else ()
        return Picture(
            specification(layers, self.height),
            frame,
            self.form,
            series,
            self.time,
            self.grain,
            self.by,
            {one.column: one.label for one in series},
            {one.column: self.form for one in series},
            legend,
        )


# What has a colour of its own wherever it is.
MEANT = {"error": "@c5", "warning": "@c3", "info": "@c6"}


def coloured(series: Sequence[Series]) -> tuple[Series, ...]:
    """Each series with a colour of its own."""
    return tuple(
        Series(one.column, one.label, one.colour or MEANT.get(one.label, PALETTE[place % len(PALETTE)]), one.is_below)
        for place, one in enumerate(series)
    )


def folded(series: Sequence[Series]) -> alt.Chart:
    """A chart of one row per period and series: `series`, `value`, and `place`, the place of the series."""
    columns: list[Any] = [one.column for one in series]
    below = [one.column for one in series if one.is_below]
    chart = alt.Chart(ROWS).transform_fold(columns, as_=["series", "value"])
    chart = chart.transform_calculate(place=f"indexof({columns!r}, datum.series)")
    if below:
        chart = chart.transform_calculate(value=f"indexof({below!r}, datum.series) < 0 ? datum.value : -datum.value")
    return chart


def colour_of(series: Sequence[Series]) -> alt.Color:
    """The colour of each series, without a legend: the page writes it in words."""
    scale = alt.Scale(domain=[one.column for one in series], range=[one.colour for one in series])
    return alt.Color("series:N", scale=scale, legend=None)


def where(test: str, value: Any) -> dict[str, Any]:
    """The condition of a channel: rows of which the expression is true have this value.

    Said as Vega-Lite says it: alt.when() is translated at every use, half of the time that a page took.
    """
    return {"test": test, "value": value}


def tooltips(series: Sequence[Series], form: Form) -> list[alt.Tooltip]:
    """The period and the figure of each series."""
    figures = [
        alt.Tooltip(one.column, type="quantitative", title=one.label.translate(HARMLESS), format=form.exact)
        for one in series
    ]
    return [alt.Tooltip(LABEL, type="nominal", title="Period"), *figures]


def value_axis(form: Form, zero: bool = True, column: str = "value") -> alt.Y:
    """The axis of figures, on the left, with a few quiet grid lines."""
    return alt.Y(column, type="quantitative", title=None, axis=figure_axis(form), scale=alt.Scale(zero=zero))


def figure_axis(form: Form) -> alt.Axis:
    """Four or so labels; zero is 0 in whatever unit."""
    whole = alt.ExprRef("min(4, max(1, ceil(domain('y')[1] - domain('y')[0])))")  # no halves of what is counted
    count: Any = whole if form is COUNT else 4
    return alt.Axis(format=form.axis, tickCount=count, labelExpr="datum.value == 0 ? '0' : datum.label")


def time_labels(grain: Grain) -> str:
    """A Vega expression that writes a period below an axis."""
    if grain is Grain.month:
        has_year = "utcmonth(datum.value) == 0 || datum.index == 0"
        return f"utcFormat(datum.value, {has_year} ? '%b %Y' : '%b')"
    if grain is Grain.hour:
        return "utchours(datum.value) == 0 ? utcFormat(datum.value, '%a %-d') : utcFormat(datum.value, '%H:00')"
    return "utcFormat(datum.value, '%-d %b')"


def threshold_layers(thresholds: Sequence[Threshold]) -> list[alt.Chart]:
    """A dashed line across the chart for each threshold, with its name at the right end."""
    layers = []
    for threshold in thresholds:
        base = alt.Chart(alt.InlineData([{}])).encode(y=alt.YDatum(threshold.value))
        layers.append(base.mark_rule(color="@bad", strokeDash=[2, 3], strokeWidth=1.2, aria=False))
        # Once in the colour of the card, broad, so that it can be read across lines.
        for look in ({"stroke": "@surface", "strokeWidth": 4, "color": "@surface"}, {"color": "@bad"}):
            text = base.mark_text(align="right", baseline="bottom", dy=-3, fontSize=11, aria=False, **look)
            layers.append(text.encode(x=alt.XValue("width"), text=alt.TextValue(threshold.label)))
    return layers


def specification(
    layers: Sequence[alt.Chart], height: int = HEIGHT, padding: Mapping[str, int] = PADDING
) -> dict[str, Any]:
    """The layers, lowest first, as one chart in Vega-Lite, as wide as its card, without data and schema address.

    Put together here: alt.layer() copies every layer several times to lift up selections, which is not needed.
    """
    rows = ROWS.to_dict()
    with alt.data_transformers.enable(consolidate_datasets=False):
        drawn = [layer.to_dict(validate=False, context={"top_level": False}) for layer in layers]
    return {
        "data": rows,
        "layer": [{key: value for key, value in layer.items() if (key, value) != ("data", rows)} for layer in drawn],
        "width": "container",
        "height": height,
        "padding": {**padding},
        "autosize": {"type": "fit-x", "contains": "padding"},
    }


def spread(rows: int, least: int, most: int) -> int:
    """The height of so many rows, so that few fill a card and many stay readable."""
    return rows * max(least, min(most, HEIGHT // max(1, rows)))


# Names from the data, as words.
WORDS = "replace(datum.label, /_/g, ' ')"
