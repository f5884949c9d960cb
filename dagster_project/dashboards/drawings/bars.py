"""Bars over time, stacked, with an optional line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt

from dagster_project.dashboards.drawings.common import (
    ROWS,
    TIME,
    OverTime,
    Picture,
    Series,
    colour_of,
    folded,
    time_labels,
    tooltips,
    value_axis,
    where,
)
from dagster_project.dashboards.frames import RUNNING, STATE, Frame
from dagster_project.dashboards.periods import Grain

# A single bar must not fill a card; in pixels.
BROADEST = "min(96, bandwidth('x'))"


@dataclass(frozen=True)
class Bars(OverTime):
    """A stack of bars per period, series marked `is_below` hanging from zero; what still runs is pale.

    `line` is one more column, drawn as a line over the bars.
    """

    line: Series | None = None

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The bars, the line, and the figures of the period under the pointer."""
        limits = self.limits(frame)
        frame, series = self.arrange(frame, as_of, filters)
        bars = (
            folded(series)
            .mark_bar(width=alt.ExprRef(BROADEST))
            .encode(
                x=slots(self.grain),
                y=value_axis(self.form),
                color=colour_of(series),
                order=alt.Order("place:Q"),
                opacity=alt.OpacityValue(1, condition=where(f"datum.{STATE} == {RUNNING}", 0.45)),
            )
        )
        layers = [bars, *self._line(), *limits]
        every = (*series, self.line) if self.line else series
        layers.append(
            alt.Chart(ROWS)
            .mark_bar(opacity=0, stroke=None, aria=False)
            .encode(x=slots(self.grain), y=alt.YValue(0), y2=alt.Y2Value("height"), tooltip=tooltips(every, self.form))
        )
        return self.picture(layers, frame, every)

    def _line(self) -> list[alt.Chart]:
        if self.line is None:
            return []
        y = alt.Y(self.line.column, type="quantitative", title=None)
        base = alt.Chart(ROWS).encode(x=slots(self.grain), y=y)
        return [
            base.mark_line(color=self.line.colour, strokeWidth=2),
            base.mark_point(color=self.line.colour, fill="@surface", size=30),
        ]


def slots(grain: Grain) -> alt.X:
    """One slot per period, so that bars stand side by side."""
    axis = alt.Axis(labelExpr=time_labels(grain), labelOverlap="parity", grid=False, labelAngle=0, labelSeparation=8)
    return alt.X(TIME, type="ordinal", title=None, axis=axis, scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1))
