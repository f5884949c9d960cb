"""Writing the documentation of a home: the metric catalogue and dbt's pages, plain files that open from disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dagster_project.catalogue.coverage import coverage
from dagster_project.catalogue.metrics import metrics, tables
from dagster_project.catalogue.promises import promises, storms
from dagster_project.settings import Settings
from dagster_project.warehouse.build.project import project_manifest
from dagster_project.warehouse.build.transform import generate_docs

CATALOGUE, COVERAGE, PROMISES, DBT_DOCS = "metrics.html", "coverage.html", "promises.html", "dbt.html"


def docs_folder(settings: Settings) -> Path:
    """Where the pages lie."""
    return settings.work / "docs"


def write_docs(settings: Settings, report: Callable[[str], None] = print) -> Path:
    """Write the pages and return their folder.

    Raises TransformError where nothing was built yet, because dbt's pages show what is in the candidate.
    """
    folder = docs_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    for name, title, page in (
        (CATALOGUE, "metric catalogue", catalogue_page(settings)),
        (COVERAGE, "coverage", coverage_page(settings)),
        (PROMISES, "promises", promises_page()),
    ):
        (folder / name).write_text(page, encoding="utf-8")
        report(f"{title:17} {folder / name}")
    shutil.copyfile(generate_docs(settings, report), folder / DBT_DOCS)
    report(f"dbt docs          {folder / DBT_DOCS}")
    return folder


def catalogue_page(settings: Settings) -> str:
    """The metric catalogue as an HTML page."""
    manifest = project_manifest(settings)
    described = tables(manifest)
    domains = {domain: (found, described[domain]) for domain, found in metrics(manifest).items() if described[domain]}
    return _rendered("metrics.html.j2", domains=domains, reporting=settings.reporting)


def coverage_page(settings: Settings) -> str:
    """Where each item of the monitoring strategy is published, as an HTML page."""
    areas = {area: list(items) for area, items in groupby(coverage(project_manifest(settings)), lambda one: one.area)}
    return _rendered("coverage.html.j2", areas=areas)


def promises_page() -> str:
    """What users may rely on and what proves it, as an HTML page."""
    return _rendered("promises.html.j2", promises=promises(), storms=storms())


def _rendered(template: str, **values: object) -> str:
    loader = PackageLoader("dagster_project.catalogue", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(template).render(**values)
