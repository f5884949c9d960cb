"""What a build has to run after some feeds brought something, on a project small enough to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project.warehouse.build.affected import affected, checks_to_run, models_to_run, relations
from dagster_project.warehouse.build.changes import Scope
from dagster_project.warehouse.build.results import Build, NodeResult, read_tests, write_tests
from dagster_project.warehouse.build.transform import _former_keys, _former_tables
from tests.warehouse.toys import make_settings

DAY = date(2024, 3, 8)


def source(schema: str, name: str) -> dict[str, Any]:
    return {"schema": schema, "name": name}


def node(path: str, *reads: str, kind: str = "model", materialized: str = "table", **more: Any) -> dict[str, Any]:
    folders, name = path.split("/")[:-1], path.split("/")[-1].split(".")[0]
    return {
        "resource_type": kind,
        "schema": folders[-1],
        "alias": name,
        "original_file_path": path,
        "depends_on": {"nodes": list(reads)},
        "config": {"materialized": materialized},
        "test_metadata": None,
        "attached_node": None,
        **more,
    }


SOURCES = {
    "payments": source("raw", "payments"),
    "changed.payments": source("changed", "payments"),
    "users": source("raw", "users"),
    "changed.users": source("changed", "users"),
    "deliveries": source("load", "deliveries"),
    "source.warehouse.load.progress": source("load", "progress"),
}
NODES = {
    "currencies": node("seeds/finance/currencies.csv", kind="seed"),
    "stg_payments": node("models/staging/finance/stg_payments.sql", "payments", materialized="view"),
    "touched_days": node("models/touched/finance/touched_days.sql", "changed.payments", "touched_rates"),
    "touched_rates": node("models/touched/finance/touched_rates.sql", "source.warehouse.load.progress"),
    "payments_daily": node("models/marts/finance/payments_daily.sql", "stg_payments", "touched_days", "currencies"),
    "touched_users": node("models/touched/product/touched_users.sql", "changed.users"),
    "registrations": node("models/marts/product/registrations.sql", "users", "touched_users"),
    "payers": node("models/marts/product/payers.sql", "registrations", "stg_payments"),
    "feed_health": node("models/marts/ops/feed_health.sql"),
    "key": node(
        "models/marts/finance/payments_daily.yml", "payments_daily", kind="test", attached_node="payments_daily"
    ),
    "registered": node("tests/product/assert_registered.sql", "registrations", "users", kind="test"),
    "share_of_payments": node("models/x.yml", "payments", "deliveries", kind="test", test_metadata={"name": "share"}),
    "share_of_users": node("models/x.yml", "users", "deliveries", kind="test", test_metadata={"name": "share"}),
}


def manifest() -> dict[str, Any]:
    children: dict[str, list[str]] = {}
    for name, entry in NODES.items():
        for parent in entry["depends_on"]["nodes"]:
            children.setdefault(parent, []).append(name)
    return {"nodes": NODES, "sources": SOURCES, "child_map": children}


def test_affected_is_what_comes_after_a_feed_and_what_tells_of_deliveries() -> None:
    assert affected(manifest(), ["payments"]) & NODES.keys() == {
        "stg_payments",
        "touched_days",
        "payments_daily",
        "payers",
        "key",
        "share_of_payments",
        "feed_health",
        "share_of_users",  # by the books of the loader
    }


def test_models_are_run_with_all_that_tells_them_what_was_touched_and_views_and_seeds_are_not() -> None:
    names = affected(manifest(), ["payments"])
    assert models_to_run(manifest(), names) == {
        "touched_days",
        "touched_rates",  # of the last night it is wrong for this one
        "payments_daily",
        "payers",
        "feed_health",
    }
    assert "touched_users" in models_to_run(manifest(), affected(manifest(), ["users"]))


def test_with_another_as_of_day_every_model_that_holds_data_is_run() -> None:
    held = {
        "touched_days",
        "touched_rates",
        "payments_daily",
        "touched_users",
        "registrations",
        "payers",
        "feed_health",
    }
    assert models_to_run(manifest(), NODES) == held


def test_tests_are_run_on_what_is_affected_and_those_of_a_feed_where_it_brought_something() -> None:
    assert checks_to_run(manifest(), affected(manifest(), ["payments"])) == {"key", "share_of_payments"}
    assert checks_to_run(manifest(), affected(manifest(), ["users"])) == {"registered", "share_of_users"}


def test_relations_are_named_with_their_schema() -> None:
    assert relations(manifest(), ["payments", "changed.users", "payments_daily"]) == {
        "raw.payments",
        "changed.users",
        "finance.payments_daily",
    }


def test_keys_were_unique_where_each_test_of_them_passed_after_the_build_before() -> None:
    passed = NodeResult("key", "pass", None, 0, 0)
    keys = {"nodes": {"key": {"test_metadata": {"name": "primary_key"}}, "a model": {}}}

    assert _former_keys(keys, [passed]) == "unique"
    assert _former_keys(keys, [replace(passed, status="fail")]) == "unknown"
    assert _former_keys(keys, []) == "unknown"


@pytest.mark.parametrize(
    ("scope", "code_before", "expected"),
    [
        (Scope(False, "what came"), "now", "same"),
        (Scope(False, "what came"), "before", "unknown"),
        (Scope(False, "what came"), None, "unknown"),
        (Scope(True, "definitions changed"), "now", "unknown"),
        (Scope(True, "definitions changed", kept_from={"app_logs": DAY}), "now", "kept"),
    ],
)
def test_tables_are_made_anew_unless_the_same_code_made_them(
    scope: Scope, code_before: str | None, expected: str
) -> None:
    before = Build("before", DAY, code_before, []) if code_before else None
    assert _former_tables(scope, before, Build("now", DAY, "now", [])) == expected


def test_the_results_of_tests_are_those_after_one_build(tmp_path: Path) -> None:
    settings, result = make_settings(tmp_path), NodeResult("key", "pass", None, 0, 0)
    assert read_tests(settings, None) == []
    write_tests(settings, "first", [result])
    assert read_tests(settings, "first") == [result]
    assert read_tests(settings, "second") == read_tests(settings, None) == []
