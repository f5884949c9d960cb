"""Everything is described, in words of its own where it differs, and the descriptions are in the database."""

from __future__ import annotations

import pytest

MARTS = ("product", "finance", "platform", "security", "ops")

TABLE_COMMENTS = "select schema_name, table_name, comment from duckdb_tables()"
COLUMN_COMMENTS = """select table_name, column_name, comment from duckdb_columns()
    where schema_name in ('staging', 'touched', 'intermediate', 'product', 'finance', 'platform', 'security', 'ops')"""


@pytest.fixture(scope="module")
def models(sound):
    return [node for node in sound.manifest.nodes.values() if node.resource_type == "model"]


@pytest.fixture(scope="module")
def columns(sound):
    """The comment of every column that dbt made, by table and column; names of models are unique over all schemas."""
    return {(table, column): comment for table, column, comment in sound.rows(COLUMN_COMMENTS)}


def test_every_model_says_its_grain_first(models):
    assert [model.name for model in models if not model.description.startswith("One row per ")] == []


def test_every_feed_says_its_grain_first(feeds):
    assert [name for name, feed in feeds.items() if not feed["description"].startswith("One row per ")] == []


def test_every_column_of_a_feed_is_described_in_a_sentence(feeds):
    texts = {(name, c["name"]): c.get("description", "") for name, feed in feeds.items() for c in feed["columns"]}

    assert [key for key, text in texts.items() if len(text.split()) < 3 or not text.endswith(".")] == []


def test_every_column_of_a_model_or_seed_is_described(sound, columns, models, feeds):
    """A staging column that its contract has is described there, once."""
    seeds = [node for node in sound.manifest.nodes.values() if node.resource_type == "seed"]
    described = {(node.name, name) for node in [*models, *seeds] for name, c in node.columns.items() if c.description}
    for name, feed in feeds.items():
        described |= {(f"stg_{feed['domain']}__{name}", column["name"]) for column in feed["columns"]}

    assert sorted(set(columns) - described) == []


def test_no_model_describes_a_column_that_it_does_not_have(columns, models):
    assert [(m.name, name) for m in models for name in m.columns if (m.name, name) not in columns] == []


def test_descriptions_of_marts_are_comments_in_the_database(sound, columns, models):
    marts = [model for model in models if model.schema in MARTS]
    tables = {(schema, table): comment for schema, table, comment in sound.rows(TABLE_COMMENTS)}

    assert marts
    for mart in marts:
        assert tables[mart.schema, mart.name].strip() == mart.description.strip()
        for name, column in mart.columns.items():
            assert columns[mart.name, name].strip() == column.description.strip()


def test_every_mart_has_an_enforced_contract_and_a_key(sound, models):
    marts = {model.name: model for model in models if model.schema in MARTS}
    tests = [node for node in sound.manifest.nodes.values() if getattr(node, "attached_node", None)]
    keyed = {node.attached_node.split(".")[-1] for node in tests if node.test_metadata.name == "primary_key"}

    assert [name for name, mart in marts.items() if not mart.config.contract.enforced] == []
    by_publishing, with_key_in_suite = (
        {"domain_freshness", "alerts", "forecasts"},
        {"feed_health", "anomalies", "provisional_periods"},
    )
    assert set(marts) - keyed == by_publishing | with_key_in_suite
