"""A figure in every cell of a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt

from dagster_project.dashboards.drawings.common import (
    LABEL,
    ROWS,
    TIME,
    WORDS,
    Picture,
    specification,
    spread,
    time_labels,
    where,
)
from dagster_project.dashboards.forms import Form
from dagster_project.dashboards.frames import Frame
from dagster_project.dashboards.periods import Grain

RAMP = ("@ramp1", "@ramp2", "@ramp3", "@ramp4", "@ramp5")
ALARM = ("@alarm1", "@alarm2", "@alarm3", "@alarm4")


@dataclass(frozen=True)
class Heatmap:
    """Rows `row` and columns `column` in the order of the query, coloured by `value`.

    With a `grain`, columns are periods. `written` writes the value in its cell. `open_where` is an expression over a
    row that is true for cells that still change, drawn with a dashed edge.
    `domain` fixes both ends of the ramp; otherwise the least and the greatest value below `beyond` are its ends.
    """

    column: str
    row: str
    value: str
    form: Form
    headings: dict[str, str]
    grain: Grain | None = None
    written: bool = False
    open_where: str | None = None
    ramp: tuple[str, ...] = RAMP
    domain: tuple[float, float] | None = None
    beyond: float = math.inf

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The grid; its height follows the number of rows."""
        name = LABEL if self.grain else self.column
        shown = [
            alt.Tooltip(self.row, type="nominal", title=self.headings[self.row]),
            alt.Tooltip(name, type="nominal", title=self.headings[self.column]),
            alt.Tooltip(self.value, type="quantitative", title=self.headings[self.value], format=self.form.exact),
        ]
        extra = [c for c in self.headings if c not in (self.row, self.column, self.value)]
        shown += [alt.Tooltip(c, type="quantitative", title=self.headings[c], format=",.0f") for c in extra]
        base = alt.Chart(ROWS).encode(x=self._across(), y=self._down())
        cells = base.mark_rect(cornerRadius=2).encode(color=self._colour(frame), tooltip=shown)
        layers: list[alt.Chart] = [cells]
        if self.open_where:
            edge = base.transform_filter(self.open_where)
            layers.append(edge.mark_rect(fillOpacity=0, stroke="@muted", strokeDash=[2, 2], strokeWidth=1, aria=False))
        if self.written:
            layers.append(self._text(base, frame))
        height = spread(len(frame.distinct(self.row)), 24 if self.written else 19, 40)
        return Picture(
            specification(layers, height),
            frame,
            self.form,
            time=self.column if self.grain else None,
            grain=self.grain,
            headings=self.headings,
            forms={self.value: self.form},
        )

    def _across(self) -> alt.X:
        axis = alt.Axis(
            orient="top",
            labelOverlap="parity",
            labelSeparation=8,
            labelAngle=0,
            labelExpr=time_labels(self.grain) if self.grain else WORDS,
            grid=False,
            domain=False,
            ticks=False,
        )
        name, title = (TIME, None) if self.grain else (self.column, self.headings[self.column])
        sort = alt.Undefined if self.grain else None
        scale = alt.Scale(paddingInner=0.06, paddingOuter=0)
        return alt.X(name, type="ordinal", sort=sort, title=title, axis=axis, scale=scale)

    def _down(self) -> alt.Y:
        axis = alt.Axis(grid=False, domain=False, ticks=False, labelLimit=150, labelExpr=WORDS)
        return alt.Y(
            self.row,
            type="nominal",
            sort=None,
            title=None,
            axis=axis,
            scale=alt.Scale(paddingInner=0.08, paddingOuter=0),
        )

    def _ends(self, frame: Frame) -> tuple[float, float]:
        found = [value for value in frame.values(self.value) if value is not None and value < self.beyond]
        return self.domain or (min(found, default=0), max(found, default=1))

    def _colour(self, frame: Frame) -> alt.Color:
        scale = alt.Scale(range=list(self.ramp), domain=list(self._ends(frame)), clamp=True, interpolate="lab")
        return alt.Color(self.value, type="quantitative", scale=scale, legend=None)

    def _text(self, base: alt.Chart, frame: Frame) -> alt.Chart:
        low, high = self._ends(frame)
        number = f"datum[{self.value!r}]"
        short = ".3~s" if high >= 100_000 else ",.0f"
        written = f"format({number} * 100, '.0f')" if self.form.is_fraction else f"format({number}, {short!r})"
        on_dark = where(f"{number} > {low + 0.62 * (high - low)}", "@on_ramp")
        return (
            base.transform_filter(f"isValid({number})")
            .transform_calculate(written=written)
            .mark_text(fontSize=11, aria=False)
            .encode(text="written:N", color=alt.ColorValue("@text", condition=on_dark))
        )
