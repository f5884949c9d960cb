"""The page folder of a release: three dashboards, an index, the metric catalogue, two scripts and a style sheet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import vl_convert
from altair.utils.schemapi import debug_mode

from dagster_project.dashboards.definitions import Page
from dagster_project.dashboards.facts import Facts, read_facts
from dagster_project.dashboards.failure import INDEX, failure_page
from dagster_project.dashboards.folders import replaced
from dagster_project.dashboards.pages import PAGES
from dagster_project.dashboards.render import VEGA, common_values, render, render_page
from dagster_project.dashboards.views import View, view
from dagster_project.settings import Reporting
from dagster_project.warehouse.database import in_memory

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT, STYLE, CATALOGUE = "dashboards.js", "dashboards.css", "metrics.html"
Report = Callable[[str], None]


def build_pages(release: Path, folder: Path, reporting: Reporting, catalogue: str, report: Report = print) -> None:
    """Write the pages of a release file into `folder`, which is made or replaced as a whole.

    `catalogue` is the metric catalogue as HTML. A page that fails becomes a page that says so, and is reported.
    """
    with replaced(folder) as draft:
        with open_file(release) as connection, debug_mode(False):
            facts = read_facts(connection)
            shown = {page.name: _write_page(connection, page, facts, reporting, draft, report) for page in PAGES}
        values = {**common_values(reporting, PAGES), "facts": facts}
        (draft / INDEX).write_text(render("index.html.j2", pages=PAGES, shown=shown, **values), encoding="utf-8")
        (draft / CATALOGUE).write_text(catalogue, encoding="utf-8")
        for name in (SCRIPT, STYLE):
            shutil.copyfile(TEMPLATES / name, draft / name)
        _write_vega(draft / VEGA, folder.parent)


def _write_vega(file: Path, others: Path) -> None:
    """Write the scripts of Vega as the Python package ships them, or as it did for the pages of another release.

    To put them together takes 2 s, half of the work of a build.
    """
    made = next(others.glob(f"[!.]*/{VEGA}"), None)
    if made:
        shutil.copyfile(made, file)
    else:
        file.write_text(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), encoding="utf-8")


@contextmanager
def open_file(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release file, read-only and attached, so that it may be open elsewhere in this process; UTC throughout."""
    with in_memory(threads=2) as connection:
        connection.execute("attach '" + str(release).replace("'", "''") + "' as release (read_only)")
        for statement in ("use release", "set timezone = 'UTC'", "set enable_external_access = false"):
            connection.execute(statement)
        yield connection


def _write_page(
    connection: duckdb.DuckDBPyConnection, page: Page, facts: Facts, reporting: Reporting, folder: Path, report: Report
) -> dict[int, View]:
    """Write one page and return what it shows by the id() of the entry; nothing where it failed."""
    file = folder / f"{page.name}.html"
    try:
        views = {id(item): view(connection, item, facts, reporting.reporting_timezone) for item in page.items()}
        for one in views.values():
            if one.error:
                report(f"dashboard {page.name}, {one.item.title}: {one.error}")
        text = render_page(page, views, facts, common_values(reporting, PAGES))
        file.write_text(text, encoding="utf-8")
        return views
    except Exception as error:  # a page that fails must not take the others with it
        report(f"dashboard {page.name} failed: {type(error).__name__}: {error}")
        file.write_text(failure_page(facts.release_id, f"{type(error).__name__}: {error}"), encoding="utf-8")
        return {}
