"""Dashboards without the person: pages that name them are made anew from the release, which names them no more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from dagster_project.dashboards.packing import page_text
from dagster_project.dashboards.publish import make_pages
from dagster_project.privacy.context import Count, Erasure
from dagster_project.warehouse.release import files as release_files

PLACE = "pages"


def find_in_pages(erasure: Erasure) -> Iterator[Count]:
    """Every page that names the person, in its figures too."""
    for page in sorted(erasure.settings.dashboards.glob("*/*.html")):
        if not page.parent.is_symlink():
            lines = _text(page).splitlines()
            if count := sum(1 for line in lines if erasure.person.redacted(line) != line):
                yield Count(PLACE, str(page.relative_to(erasure.settings.dashboards)), redacted=count)


def clean_pages(erasure: Erasure) -> None:
    """Delete the pages of each release whose pages name the person; the current one gets new ones at once.

    Those of an older release are made when it becomes current again.
    """
    settings, current = erasure.settings, release_files.current_id(erasure.settings)
    for folder in {settings.dashboards / Path(count.what).parent for count in find_in_pages(erasure)}:
        shutil.rmtree(folder)
        if folder.name == current:
            make_pages(settings, current, erasure.report)
            release_files.point_to_pages(settings, current)


def _text(page: Path) -> str:
    return page_text(page.read_text(encoding="utf-8", errors="surrogateescape"))
