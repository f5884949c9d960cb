"""Dashboards that name an erased person are made anew; their packed figures are searched too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.dashboards.build import build_pages
from dagster_project.dashboards.folders import replaced
from dagster_project.dashboards.packing import packed, page_text
from dagster_project.privacy import pages
from dagster_project.privacy.erase import erase
from dagster_project.settings import Settings
from dagster_project.warehouse.release import files as release_files
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release

OLDER = "20261018T021500Z"
NAMING = f'<p>before</p><script type="text/plain" id="charts">{packed({"actor": ["u-100"]})}</script><p>after</p>'


def make_pages(settings: Settings, release_id: str, report: Callable[[str], None]) -> None:
    """What the night does, without a process of its own and without the catalogue, which names nobody."""
    folder = release_files.pages_path(settings, release_id)
    build_pages(release_files.release_path(settings, release_id), folder, settings.reporting, "", report)


def test_the_packed_figures_of_a_page_can_be_read_again() -> None:
    assert page_text(NAMING) == '<p>before</p>{"actor":["u-100"]}<p>after</p>'


def test_pages_that_name_the_person_are_made_anew_and_those_of_older_releases_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "make_pages", make_pages)
    settings = Settings(tmp_path / "home")
    release_files.prepare(settings)
    for release_id in (OLDER, RELEASE_ID):
        rename = ("update security.data_access_daily set actor = ? where actor = 'support-1'", "u-100")
        write_toy_release(release_files.release_path(settings, release_id), changes=[rename])
        with replaced(release_files.pages_path(settings, release_id)) as draft:
            (draft / "technical.html").write_text(NAMING, encoding="utf-8")
    release_files.point_to(settings, RELEASE_ID)
    technical = release_files.current_pages(settings) / "technical.html"
    assert "u-100" not in technical.read_text(encoding="utf-8")  # only packed, where no search for text would find it

    receipt = erase(settings, "u-100", report=lambda line: None)

    assert receipt.left == []
    assert {count.what for count in receipt.counts if count.place == "pages"} == {
        f"{OLDER}/technical.html",
        f"{RELEASE_ID}/technical.html",
    }
    made_anew = page_text(technical.read_text(encoding="utf-8"))
    assert "u-100" not in made_anew and "support-2" in made_anew
    assert not release_files.pages_path(settings, OLDER).exists()
    with duckdb.connect(str(settings.current_release), read_only=True) as connection:
        assert connection.execute(
            "select count(*) from security.data_access_daily where actor = 'u-100'"
        ).fetchall() == [(0,)]
