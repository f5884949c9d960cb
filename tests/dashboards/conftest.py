"""A toy release, the pages made from it, and a browser to look at them, each made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.dashboards.build import build_pages
from dagster_project.settings import Reporting
from tests.dashboards.browser import Tab, browser, chromium
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release

# Pictures of what the tests looked at, to be looked at; not in git.
PICTURES = Path(__file__).parent / "pictures"
CATALOGUE = "<!doctype html><title>Metric catalogue</title>"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the toy release."""
    return write_toy_release(tmp_path_factory.mktemp("toy") / f"{RELEASE_ID}.duckdb")


@pytest.fixture(scope="session")
def pages(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its pages, made without a complaint."""
    return made_pages(release, tmp_path_factory.mktemp("pages") / RELEASE_ID)


@pytest.fixture(scope="package")
def tab() -> Iterator[Tab]:
    """A tab of a real browser, which draws on for as long as it is open."""
    if chromium() is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    with browser() as opened:
        yield opened


def made_pages(release: Path, folder: Path) -> Path:
    """The pages of a release, made without a complaint."""
    complaints: list[str] = []
    build_pages(release, folder, Reporting(), CATALOGUE, complaints.append)
    assert complaints == []
    return folder
