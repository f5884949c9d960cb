"""How tables are compared from release to release, as their meta says it."""

from __future__ import annotations

import duckdb
import pytest

from dagster_project.warehouse.gate.restatement_rules import restatement_rules


@pytest.fixture(scope="module")
def manifest_as_data(manifest):
    return manifest.writable_manifest().to_dict(omit_none=False)


@pytest.fixture(scope="module")
def rules(manifest_as_data):
    return restatement_rules(manifest_as_data)


@pytest.fixture(scope="module")
def types(manifest_as_data):
    """The declared types of each model's columns, by `schema.name`."""
    return {
        f"{node['schema']}.{node['alias']}": {name: c["data_type"] for name, c in node["columns"].items()}
        for node in manifest_as_data["nodes"].values()
        if node["resource_type"] == "model"
    }


def test_tables_whose_key_names_people_are_known(rules):
    assert [table for table, rule in sorted(rules.items()) if rule.names_people] == [
        "finance.customer_value",
        "finance.mrr_movements_daily",
        "finance.mrr_movements_monthly",
        "security.data_access_daily",
    ]


def test_a_rule_knows_of_which_feeds_its_table_is_made(rules):
    assert rules["finance.payments_daily"].feeds == ["exchange_rates", "payments", "refunds"]


def test_the_tolerance_of_a_domain_is_that_of_its_tables_unless_they_have_one(rules):
    assert rules["finance.mrr_monthly"].tolerance == 0.1
    assert rules["finance.payments_daily"].tolerance == 0.5
    assert rules["platform.logs_hourly"].tolerance is None


def test_neither_what_a_release_says_of_itself_nor_a_table_without_past_periods_is_compared(rules):
    assert [t for t in rules if t.startswith("ops.")] == []
    assert "finance.clv_model" not in rules


def test_headline_columns_and_averages_are_columns_and_floors_are_above_nothing(rules, types):
    wrong = [
        (table, column)
        for table, rule in rules.items()
        for column in [*rule.floors, *rule.averages]
        if column not in types[table] or rule.floors.get(column, 1) <= 0
    ]
    assert wrong == []


def test_when_a_row_closes_is_told_in_sql_over_its_columns(rules, types):
    told = {table: rule.closes_on for table, rule in rules.items() if rule.closes_on}
    assert told
    for table, closes_on in told.items():
        columns = ", ".join(f"null::{data_type} as {name}" for name, data_type in types[table].items())
        assert duckdb.sql(f"select cast({closes_on} as date) from (select {columns})").fetchall() == [(None,)]
