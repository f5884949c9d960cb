"""The process that makes pages: `python -m dagster_project.dashboards.make`, its request as JSON on standard input."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from dagster_project.catalogue.pages import catalogue_page
from dagster_project.dashboards.build import build_pages
from dagster_project.settings import Reporting, Settings


def main() -> None:
    """Make what the request asks for; what is worth telling goes to standard output."""
    gc.disable()  # of a process that ends soon
    request = json.load(sys.stdin)
    settings = Settings(Path(request["home"]), Reporting(**request["reporting"]))
    build_pages(Path(request["release"]), Path(request["folder"]), settings.reporting, catalogue_page(settings))


if __name__ == "__main__":
    main()
