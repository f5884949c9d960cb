"""Writing the documentation of a home: the metric catalogue and dbt's pages, plain files that open from disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dagster_project.catalogue.metrics import metrics, tables
from dagster_project.settings import Settings
from dagster_project.warehouse.transform import generate_docs, project_manifest

CATALOGUE, DBT_DOCS = "metrics.html", "dbt.html"


def docs_folder(settings: Settings) -> Path:
    """Where the pages lie."""
    return settings.work / "docs"


def write_docs(settings: Settings, report: Callable[[str], None] = print) -> Path:
    """Write the pages and return their folder.

    Raises TransformError where nothing was built yet, because dbt's pages show what is in the candidate.
    """
    folder = docs_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CATALOGUE).write_text(catalogue(settings), encoding="utf-8")
    report(f"metric catalogue  {folder / CATALOGUE}")
    shutil.copyfile(generate_docs(settings, report), folder / DBT_DOCS)
    report(f"dbt docs          {folder / DBT_DOCS}")
    return folder


def catalogue(settings: Settings) -> str:
    """The metric catalogue as an HTML page."""
    loader = PackageLoader("dagster_project.catalogue", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    manifest = project_manifest(settings)
    described = tables(manifest)
    domains = {domain: (found, described[domain]) for domain, found in metrics(manifest).items() if described[domain]}
    return environment.get_template("metrics.html.j2").render(domains=domains, reporting=settings.reporting)
