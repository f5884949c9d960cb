"""Pages as HTML: one file each, with its figures inside; style and scripts lie beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dagster_project.dashboards.definitions import EVERYTHING, Filter, Page, slug
from dagster_project.dashboards.facts import Facts
from dagster_project.dashboards.packing import packed
from dagster_project.dashboards.views import ChartView, View
from dagster_project.settings import Reporting

# The scripts of Vega, one file for all pages, named by the package that ships them.
VEGA = f"vega-{version('vl-convert-python')}.js"


@cache
def environment() -> Environment:
    """Templates in which an unknown name is an error and every text is escaped."""
    loader = PackageLoader("dagster_project.dashboards", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["slug"] = slug
    made.globals["identity"] = id
    made.filters["swatch"] = _swatch
    made.filters["words"] = lambda name: name.replace("_", " ")
    made.filters["day"] = lambda day: f"{day.day} {day:%b %Y}"
    return made


def render_page(page: Page, views: Mapping[int, View], facts: Facts, common: Mapping[str, Any]) -> str:
    """One dashboard; `views` has the view of each entry by the entry's id()."""
    sections = [
        (section, [views[id(tile)] for tile in section.tiles], [views[id(card)] for card in section.cards])
        for section in page.sections
    ]
    charts = [view for view in views.values() if isinstance(view, ChartView) and view.picture]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            sections=sections,
            facts=facts,
            filters=_filters(page.filters, charts),
            has_running=any(view.picture.has_running for view in charts if view.picture),
            packed=packed({view.id: _embedded_chart(view) for view in charts}),
            **common,
        )
    )


def render(template: str, **values: Any) -> str:
    """Another template: the index, the page of a page that failed."""
    return environment().get_template(template).render(**values)


def common_values(reporting: Reporting, pages: Sequence[Page]) -> dict[str, Any]:
    """What every template needs."""
    return {
        "currency": reporting.reporting_currency,
        "timezone": reporting.reporting_timezone,
        "vega": VEGA,
        "navigation": [(page.name, page.title) for page in pages],
    }


def _filters(filters: Sequence[Filter], charts: Sequence[ChartView]) -> list[tuple[Filter, list[str]]]:
    """Each filter that has something to choose among, with its choices: everything first, where there is that."""
    found = []
    for one in filters:
        choices = list(dict.fromkeys(choice for view in charts for choice in _choices(one.column, view)))
        if len(choices) > 1:
            rest = [choice for choice in choices if choice != EVERYTHING]
            found.append((one, [EVERYTHING, *rest] if EVERYTHING in choices else rest))
    return found


def _choices(column: str, view: ChartView) -> list[str]:
    picture = view.picture
    if picture is None or column not in getattr(view.item, "filters", ()):
        return []
    if column == picture.by:
        return [EVERYTHING, *(series.label for series in picture.series)]
    return [str(value) for value in picture.frame.distinct(column)]


def _embedded_chart(view: ChartView) -> dict[str, Any]:
    picture, filters = view.picture, list(getattr(view.item, "filters", ()))
    assert picture is not None
    return {
        "spec": picture.spec,
        "rows": view.data,
        "time": picture.time,
        "grain": picture.grain,
        "filters": filters,
        "by": picture.by,
        "series": [[one.column, one.label] for one in picture.series],
        "headings": picture.headings,
        "percent": [column for column, form in picture.forms.items() if form.is_fraction],
    }


def _swatch(role: str) -> str:
    """The style of a legend's swatch: a colour role, with its opacity after a slash."""
    colour, _, opacity = role.removeprefix("@").partition("/")
    return f"background: var(--{colour}); opacity: {opacity or 1}"
