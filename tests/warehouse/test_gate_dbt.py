"""What dbt's results mean for the domains, on a manifest small enough to read."""

from __future__ import annotations

from typing import Any

import pytest

from dagster_project.warehouse.build.results import NodeResult
from dagster_project.warehouse.gate.dbt_results import build_checks, data_test_checks, published_tables
from dagster_project.warehouse.gate.judge import held_back
from dagster_project.warehouse.gate.verdict import Check


def node(path: str, reads: tuple[str, ...] = (), kind: str = "model", **more: Any) -> dict[str, Any]:
    """A node of the manifest as dbt writes it, as far as the gate reads it."""
    folders = path.split("/")
    name = folders[-1].split(".")[0]
    return {
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": folders[2] if folders[1] == "marts" else folders[1],
        "original_file_path": path,
        "depends_on": {"nodes": list(reads)},
        "config": {"materialized": "table", "severity": "ERROR"},
        "description": "",
        "raw_code": "select 1",
        **more,
    }


# finance and product both read the staging of payments; a test of each kind
NODES = {
    "seed.currencies": node("seeds/finance/currencies.csv", kind="seed"),
    "model.stg_payments": node("models/staging/finance/stg_payments.sql"),
    "model.payments_daily": node("models/marts/finance/payments_daily.sql", ("model.stg_payments", "seed.currencies")),
    "model.payers_daily": node("models/marts/product/payers_daily.sql", ("model.stg_payments",)),
    "model.logs_hourly": node("models/marts/platform/logs_hourly.sql"),
    "model.feed_deliveries": node("models/marts/ops/feed_deliveries.sql"),
    "test.unique": node("models/marts/finance/payments_daily.yml", ("model.payments_daily",), kind="test"),
    "test.warned": node(
        "tests/finance/assert_usual.sql",
        ("model.payments_daily",),
        kind="test",
        config={"severity": "warn"},
        raw_code="-- Fails if a day\n-- is unusual.\nselect 1 -- not this",
    ),
    "test.ops": node("tests/ops/assert_ledger.sql", ("model.feed_deliveries",), kind="test"),
}
PARENTS = {name: entry["depends_on"]["nodes"] for name, entry in NODES.items()}


def manifest(**more: dict[str, Any]) -> dict[str, Any]:
    nodes = {**NODES, **more}
    children: dict[str, list[str]] = {name: [] for name in nodes}
    for name, entry in nodes.items():
        for parent in entry["depends_on"]["nodes"]:
            children[parent].append(name)
    return {"nodes": nodes, "child_map": children}


def results(**statuses: str) -> list[NodeResult]:
    """A result for every node, successful unless another status is given under its short name."""
    return [
        NodeResult(
            unique_id,
            statuses.get(unique_id.split(".")[1], "pass" if unique_id.startswith("test") else "success"),
            "Got 3 results",
            3 if statuses.get(unique_id.split(".")[1]) in ("fail", "warn") else 0,
            0.1,
        )
        for unique_id in NODES
    ]


def failed(checks: list[Check]) -> list[tuple[str, str, str]]:
    return [(check.check_name, check.domain, check.severity) for check in checks if not check.passed]


def test_the_models_in_the_marts_are_what_is_published():
    assert published_tables(manifest()) == {
        "product": ["product.payers_daily"],
        "finance": ["finance.payments_daily"],
        "platform": ["platform.logs_hourly"],
        "security": [],
        "ops": ["ops.feed_deliveries"],
    }


def test_when_all_is_well_every_test_is_a_check_that_passed_and_nothing_is_held_back():
    checks = data_test_checks(manifest(), results())
    assert [(check.check_name, check.domain, check.passed, check.severity) for check in checks] == [
        ("payments_daily", "finance", True, "error"),
        ("assert_usual", "finance", True, "warn"),
        ("assert_ledger", "ops", True, "error"),
    ]
    assert build_checks(manifest(), results()) == []
    assert held_back([], checks) == {}


def test_a_failed_test_of_severity_error_holds_its_domain_back_with_name_rows_and_reason():
    described = node(
        "tests/finance/assert_rates.sql", ("model.payments_daily",), "test", raw_code="-- Fails if no rate.\nselect 1"
    )
    ran = [*results(), NodeResult("test.rates", "fail", "Got 3 results", 3, 0.1, "currency CHF; currency NOK")]
    checks = data_test_checks(manifest(**{"test.rates": described}), ran)
    assert held_back([], checks) == {
        "finance": "assert_rates failed (3 rows): Fails if no rate. For example: currency CHF; currency NOK"
    }


def test_a_feed_with_too_much_in_quarantine_says_what_can_be_done():
    of_feed = node("models/staging/finance/_finance__sources.yml", (), "test") | {
        "sources": [["finance", "payments"], ["load", "deliveries"]],
        "test_metadata": {"name": "quarantined_share_at_most"},
    }
    ran = [*results(), NodeResult("test.share", "fail", "Got 1 result", 1, 0.1)]
    checks = data_test_checks(manifest(**{"test.share": of_feed}), ran)
    assert "more lines of payments broke their contract than it allows" in held_back([], checks)["finance"]
    assert "`warehouse status` has the reasons" in held_back([], checks)["finance"]


def test_a_failed_test_of_severity_warn_is_reported_with_its_opening_comment_and_holds_nothing_back():
    checks = data_test_checks(manifest(), results(warned="warn"))
    [warned] = [check for check in checks if not check.passed]
    assert (warned.severity, warned.observed, warned.detail) == ("warn", "3 rows", "Fails if a day is unusual.")
    assert held_back([], checks) == {}


@pytest.mark.parametrize("status", ["error", "skipped", "runtime error"])
def test_a_test_that_could_not_run_is_an_error_whatever_its_severity(status):
    checks = data_test_checks(manifest(), results(warned=status))
    assert failed(checks) == [("assert_usual", "finance", "error")]
    assert held_back([], checks) == {"finance": f"assert_usual failed ({status}): Got 3 results"}


def test_a_test_and_a_model_that_no_result_speaks_of_are_errors():
    ran = [result for result in results() if result.unique_id not in ("test.unique", "model.logs_hourly")]
    assert failed(data_test_checks(manifest(), ran)) == [("payments_daily", "finance", "error")]
    assert failed(build_checks(manifest(), ran)) == [("build of platform.logs_hourly", "platform", "error")]


@pytest.mark.parametrize("status", ["error", "skipped", "partial success"])
def test_a_model_that_was_not_built_concerns_every_domain_that_publishes_something_made_from_it(status):
    assert failed(build_checks(manifest(), results(stg_payments=status))) == [
        ("build of staging.stg_payments for product", "product", "error"),
        ("build of staging.stg_payments", "finance", "error"),
    ]


def test_a_seed_that_was_not_loaded_concerns_its_readers_only():
    assert failed(build_checks(manifest(), results(currencies="error"))) == [
        ("build of finance.currencies", "finance", "error")
    ]


def test_a_test_outside_the_folders_of_the_domains_concerns_all_whose_tables_come_from_what_it_reads():
    across = node("tests/assert_across.sql", ("model.stg_payments",), "test")
    ran = [*results(), NodeResult("test.across", "fail", None, 1, 0.1)]
    checks = data_test_checks(manifest(**{"test.across": across}), ran)
    assert held_back([], checks) == {
        "product": "assert_across for product failed (1 row)",
        "finance": "assert_across for finance failed (1 row)",
    }


def test_ops_is_not_held_back_by_its_checks_but_by_a_table_that_was_not_made():
    quality = data_test_checks(manifest(), results(ops="fail"))
    builds = build_checks(manifest(), results(feed_deliveries="error"))
    assert failed(quality) == [("assert_ledger", "ops", "error")]
    assert held_back([], quality) == {}
    assert held_back(builds, quality) == {"ops": "build of ops.feed_deliveries failed (error): Got 3 results"}


def test_a_reason_names_three_checks_and_counts_the_rest():
    checks = [Check(f"check_{number}", "finance", "dbt", "error", False) for number in range(5)]
    assert held_back([], checks) == {
        "finance": "check_0 failed; check_1 failed; check_2 failed; and 2 more",
    }
