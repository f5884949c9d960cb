"""What stands in the place of pages that could not be made."""

from __future__ import annotations

from pathlib import Path

from dagster_project.dashboards.folders import replaced
from dagster_project.dashboards.render import render

INDEX = "index.html"


def write_failure(folder: Path, release_id: str, reason: str) -> None:
    """A folder with one page that says why there are no others of this release."""
    with replaced(folder) as draft:
        (draft / INDEX).write_text(failure_page(release_id, reason), encoding="utf-8")


def failure_page(release_id: str, reason: str) -> str:
    """The page itself."""
    return render("failure.html.j2", release_id=release_id, reason=reason)
