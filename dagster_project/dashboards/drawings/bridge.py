"""How a beginning becomes an end, step by step: a waterfall, upright or lying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt

from dagster_project.dashboards.drawings.common import HEIGHT, ROWS, Picture, figure_axis, specification, spread
from dagster_project.dashboards.forms import FRACTION, Form
from dagster_project.dashboards.frames import Frame

COLOURS = {"total": "@c1", "gain": "@good", "loss": "@bad", "open": "@muted"}


@dataclass(frozen=True)
class Bridge:
    """Steps in the order of the query: from `start` to `end` on the axis, `amount` written beside, coloured by `kind`.

    A kind is total, gain, loss or open. `lies` puts the steps below one another.
    """

    step: str
    start: str
    end: str
    amount: str
    kind: str
    form: Form
    headings: dict[str, str]
    lies: bool = False

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The steps with their amounts."""
        scale = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
        shown = [
            alt.Tooltip(self.step, type="nominal", title=self.headings[self.step]),
            alt.Tooltip(self.amount, type="quantitative", title=self.headings[self.amount], format=self.form.exact),
        ]
        base = alt.Chart(ROWS).encode(tooltip=shown)
        colour = alt.Color(self.kind, type="nominal", scale=scale, legend=None)
        if self.lies:
            padding = {"left": 0, "right": 100, "top": 4, "bottom": 4}
            spec = specification(self._lying(base, colour), spread(len(frame.distinct(self.step)), 30, 44), padding)
        else:
            spec = specification(self._upright(base, colour), HEIGHT + 20)
        return Picture(
            spec, frame, self.form, headings=self.headings, forms={self.amount: self.form, "share": FRACTION}
        )

    def _upright(self, base: alt.Chart, colour: alt.Color) -> list[alt.Chart]:
        axis = alt.Axis(
            labelAngle=0, labelOverlap=False, grid=False, labelExpr="split(datum.value, ' ')", labelLimit=64
        )
        across = alt.X(self.step, type="nominal", sort=None, title=None, axis=axis, scale=alt.Scale(padding=0.2))
        up = alt.Y(self.start, type="quantitative", title=None, axis=figure_axis(self.form))
        bars = base.mark_bar(cornerRadius=2).encode(x=across, y=up, y2=alt.Y2(self.end), color=colour)
        top = base.transform_calculate(top=f"max(datum[{self.start!r}], datum[{self.end!r}])")
        text = top.mark_text(dy=-8, fontSize=11, color="@text", aria=False).encode(
            x=across,
            y=alt.Y("top:Q", title=None),
            text=alt.Text(self.amount, type="quantitative", format=",.0f"),
        )
        return [bars, text]

    def _lying(self, base: alt.Chart, colour: alt.Color) -> list[alt.Chart]:
        axis = alt.Axis(grid=False, domain=False, ticks=False, labelLimit=170)
        down = alt.Y(self.step, type="nominal", sort=None, title=None, axis=axis, scale=alt.Scale(padding=0.25))
        across = alt.X(self.start, type="quantitative", title=None, axis=None)
        bars = base.mark_bar(cornerRadius=3).encode(y=down, x=across, x2=alt.X2(self.end), color=colour)
        written = base.transform_calculate(
            right=f"max(datum[{self.start!r}], datum[{self.end!r}])",
            written=f"format(datum[{self.amount!r}], {self.form.exact!r}) + ' · ' + format(datum['share'], '.1%')",
        )
        text = written.mark_text(align="left", dx=6, fontSize=12, color="@text", aria=False).encode(
            y=down, x=alt.X("right:Q", title=None), text="written:N"
        )
        return [bars, text]
