"""Lines over time, and bands between percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import altair as alt

from dagster_project.dashboards.drawings.common import (
    HOVER,
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
)
from dagster_project.dashboards.frames import LAST_OVER, RUNNING, STATE, Frame
from dagster_project.dashboards.periods import Grain

IS_OVER, IS_OPEN = f"datum.{STATE} < {RUNNING}", f"datum.{STATE} >= {LAST_OVER}"


@dataclass(frozen=True)
class Lines(OverTime):
    """A line per series; what still runs is dashed. `zero` keeps zero on the axis."""

    zero: bool = True

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The lines, a line for each threshold, and the figures of the period under the pointer."""
        limits = self.limits(frame)
        frame, series = self.arrange(frame, as_of, filters)
        base = folded(series).encode(
            x=time_axis(self.grain), y=value_axis(self.form, self.zero), color=colour_of(series)
        )
        # A figure between two missing ones would be a line of no length.
        has_gaps = any(value is None for one in series for value in frame.values(one.column))
        dots = alt.OverlayMarkDef(size=10) if has_gaps else False
        layers = [base.transform_filter(IS_OVER).mark_line(point=dots), *_open_lines(base, frame)]
        layers += limits
        layers += pointer(base, series, self)
        return self.picture(layers, frame, series)


@dataclass(frozen=True)
class Bands(OverTime):
    """Percentiles, lowest first, as a line at the lowest and shaded bands between each and the next."""

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The bands, fainter the higher, and the figures of the period under the pointer."""
        limits = self.limits(frame)
        frame, series = self.arrange(frame, as_of, filters)
        series = tuple(Series(one.column, one.label, "@c1") for one in series)
        rows = alt.Chart(ROWS).encode(x=time_axis(self.grain))
        layers = [
            rows.mark_area(color="@c1", opacity=opacity).encode(
                y=value_axis(self.form, column=low.column), y2=alt.Y2(high.column)
            )
            for low, high, opacity in zip(series, series[1:], (0.38, 0.16), strict=False)
        ]
        lines = folded(series[:1]).encode(x=time_axis(self.grain), y=value_axis(self.form), color=colour_of(series))
        layers += [lines.mark_line(), *limits, *pointer(lines, series, self)]
        drawn = self.picture(layers, frame, series)
        names = [series[0].label, *(f"up to {one.label}" for one in series[1:])]
        return replace(drawn, legend=tuple(zip(names, ("@c1", "@c1/0.38", "@c1/0.16"), strict=False)))


def time_axis(grain: Grain) -> alt.X:
    """Time from left to right, in UTC throughout, so that no reader's time zone moves a day."""
    axis = alt.Axis(
        labelExpr=time_labels(grain),
        tickCount=alt.ExprRef("max(3, floor(width / 90))") if grain is not Grain.month else "month",
        labelOverlap="greedy",
        grid=False,
    )
    return alt.X(TIME, type="temporal", title=None, scale=alt.Scale(type="utc"), axis=axis)


def pointer(base: alt.Chart, series: Sequence[Series], drawing: OverTime) -> list[alt.Chart]:
    """A line under the pointer that tells every figure of the period, and a dot on each line."""
    nearest = alt.selection_point(
        name=HOVER, nearest=True, on="pointermove", clear="pointerout", fields=[TIME], empty=False
    )
    dots = base.transform_filter(nearest).mark_point(filled=True, size=48, opacity=1)
    rule = (
        alt.Chart(ROWS)
        .mark_rule(color="@muted")
        .encode(
            x=time_axis(drawing.grain),
            opacity=alt.OpacityValue(0, condition={"param": HOVER, "empty": False, "value": 0.6}),
            tooltip=tooltips(series, drawing.form),
        )
        .add_params(nearest)
    )
    return [dots, rule]


def _open_lines(base: alt.Chart, frame: Frame) -> list[alt.Chart]:
    if RUNNING not in frame.values(STATE):
        return []
    dashed = base.transform_filter(IS_OPEN).mark_line(strokeDash=[3, 3])
    dots = base.transform_filter(f"datum.{STATE} == {RUNNING}").mark_point(size=36, fill="@surface", strokeWidth=1.5)
    return [dashed, dots]
