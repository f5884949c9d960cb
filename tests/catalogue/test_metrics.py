"""The metric catalogue tells of every headline figure, and only what the project says itself."""

from __future__ import annotations

import pytest

from dagster_project.catalogue.metrics import Metric, metrics
from dagster_project.catalogue.pages import catalogue_page
from dagster_project.dashboards.pages import PAGES
from dagster_project.settings import Settings
from dagster_project.warehouse.build.project import project_manifest

# The key performance indicators of the strategy, and the column in which each is published.
KPIS = {
    "Total transaction volume": "finance.payments_daily.volume",
    "Average transaction value": "finance.payments_daily.avg_value",
    "Payment success rate": "finance.payments_daily.success_rate",
    "Processing fee revenue": "finance.payments_daily.fee_revenue",
    "Registrations": "product.registrations_daily.registrations",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def known(settings: Settings) -> dict[str, Metric]:
    return {metric.anchor: metric for found in metrics(project_manifest(settings)).values() for metric in found}


def test_every_key_performance_indicator_of_the_strategy_is_in_the_catalogue(known: dict[str, Metric]) -> None:
    found = {anchor: known[anchor].name for anchor in KPIS.values() if anchor in known}

    assert found == {anchor: name for name, anchor in KPIS.items()}


def test_every_metric_says_what_it_means_who_answers_for_it_and_what_tests_it(known: dict[str, Metric]) -> None:
    for metric in known.values():
        assert metric.meaning and metric.formula and metric.owner and metric.grain.startswith("One row per")
        assert any(not test.startswith("expectations/") for test in metric.tests), metric.anchor


def test_the_tests_of_a_metric_include_those_of_the_private_models_it_is_made_from(known: dict[str, Metric]) -> None:
    tests = known["finance.payments_daily.volume"].tests

    assert "payment_flows_are_converted_at_the_last_known_rate" in tests
    assert "expectations/finance.py: finance.payments_daily" in tests


def test_the_page_has_every_metric_under_its_anchor(settings: Settings, known: dict[str, Metric]) -> None:
    page = catalogue_page(settings)

    assert [anchor for anchor in known if f'id="{anchor}"' not in page] == []


def test_the_page_has_every_column_to_which_a_dashboard_links(settings: Settings) -> None:
    page = catalogue_page(settings)
    linked = {metric for dashboard in PAGES for item in dashboard.items() for metric in item.metrics}

    assert "ops.feed_deliveries.quarantined" in linked
    assert [anchor for anchor in sorted(linked) if f'id="{anchor}"' not in page] == []
