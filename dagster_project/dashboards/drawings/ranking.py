"""Horizontal bars, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import altair as alt

from dagster_project.dashboards.drawings.common import ROWS, WORDS, Picture, Threshold, specification, spread, where
from dagster_project.dashboards.forms import Form
from dagster_project.dashboards.frames import Frame


@dataclass(frozen=True)
class Ranking:
    """A bar per row in the order of the query, with its figure at the end; `details` are told under the pointer.

    `bad_where` is an expression over a row that is true where the figure is a bad one. `threshold` is drawn across.
    """

    label: str
    value: str
    form: Form
    headings: dict[str, str]
    details: dict[str, Form] = field(default_factory=dict)
    bad_where: str | None = None
    threshold: Threshold | None = None

    def draw(self, frame: Frame, as_of: date, filters: Sequence[str]) -> Picture:
        """The bars; the height follows their number."""
        shown = [alt.Tooltip(self.label, type="nominal", title=self.headings[self.label])]
        for name, form in {self.value: self.form, **self.details}.items():
            shown.append(alt.Tooltip(name, type="quantitative", title=self.headings[name], format=form.exact))
        axis = alt.Axis(grid=False, domain=False, ticks=False, labelLimit=190, labelExpr=WORDS)
        base = alt.Chart(ROWS).encode(
            y=alt.Y(self.label, type="nominal", sort=None, title=None, axis=axis, scale=alt.Scale(padding=0.28)),
            x=alt.X(self.value, type="quantitative", title=None, axis=None, scale=alt.Scale(zero=True)),
            tooltip=shown,
        )
        colour = alt.ColorValue("@c1", condition=where(self.bad_where, "@bad") if self.bad_where else alt.Undefined)
        text = base.mark_text(align="left", dx=6, fontSize=12, color="@text", aria=False)
        written = text.encode(text=alt.Text(self.value, type="quantitative", format=self.form.exact))
        layers: list[alt.Chart] = [base.mark_bar(cornerRadiusEnd=3).encode(color=colour), written, *self._line()]
        padding = {"left": 0, "right": 58, "top": 4, "bottom": 4}
        spec = specification(layers, spread(len(frame), 26, 46), padding)
        forms = {self.value: self.form, **self.details}
        return Picture(spec, frame, self.form, headings=self.headings, forms=forms)

    def _line(self) -> list[alt.Chart]:
        if self.threshold is None:
            return []
        base = alt.Chart(alt.InlineData([{}])).encode(x=alt.XDatum(self.threshold.value))
        text = base.mark_text(align="left", baseline="top", dx=4, fontSize=11, color="@bad", aria=False)
        return [
            base.mark_rule(color="@bad", strokeDash=[2, 3], strokeWidth=1.2, aria=False),
            text.encode(y=alt.YValue(0), text=alt.TextValue(self.threshold.label)),
        ]
