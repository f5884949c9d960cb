"""Every item that the monitoring strategy names is published in a column that exists and is tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagster_project.catalogue.coverage import Covered, coverage
from dagster_project.catalogue.pages import coverage_page
from dagster_project.settings import Settings
from dagster_project.warehouse.build.project import project_manifest

STRATEGY = Path(__file__).resolve().parents[3] / "shared" / "docs" / "monitoring-and-analytics-strategy.md"
# Headings of the strategy's lists of things to be seen in figures; the other lists name tools, alerts, pages and plans.
MEASURED = {
    *("System Level", "Container Level", "Database Level", "Performance", "User Experience", "API Performance"),
    *("Critical Paths", "Growth", "Engagement", "Transactions", "Business Health", "User Actions", "System Events"),
    "Focus Areas",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def covered(settings: Settings) -> list[Covered]:
    return coverage(project_manifest(settings))


def test_every_item_that_the_strategy_wants_measured_is_covered(covered: list[Covered]) -> None:
    if not STRATEGY.exists():
        pytest.skip("the strategy is not beside this checkout")
    wanted, heading = set(), ""
    for line in STRATEGY.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\s*([\w ]+):", line):
            heading = match[1]
        elif match := re.fullmatch(r"\s+(?:- |\w+Alert\[)(.+?)\]?", line):
            wanted |= {match[1]} if heading in MEASURED or "Alert[" in line else set()
    assert len(wanted) > 40
    assert wanted - {one.item for one in covered} == set()


def test_every_item_is_tested_by_more_than_its_suite(covered: list[Covered]) -> None:
    loose = [one.item for one in covered if all(test.startswith("expectations/") for test in one.tests)]

    assert loose == []


def test_the_page_names_every_item_with_its_query(settings: Settings, covered: list[Covered]) -> None:
    page = coverage_page(settings)

    assert [one.item for one in covered if one.item.replace(">", "&gt;") not in page] == []
    assert "where metric = &#39;cpu_utilization&#39;" in page
