"""What models rely on that compute parts of their tables: names of the parts, found before these are replaced."""

from __future__ import annotations

import re

from dagster_project.settings import DBT_PROJECT
from dagster_project.warehouse.build.kept import kept_tables
from dagster_project.warehouse.contract import read_contracts


def test_a_model_is_replaced_only_after_the_touched_models_that_compare_it_with_the_present(manifest):
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    parents = {model.name: {name.split(".")[-1] for name in model.depends_on.nodes} for model in models}
    comparing = [
        (touched.stem, model)
        for touched in sorted(DBT_PROJECT.glob("models/touched/*/*.sql"))
        for model in re.findall(r"of_last_build\('(\w+)'", touched.read_text())
    ]

    assert comparing
    assert [(touched, model) for touched, model in comparing if touched not in parents[model]] == []


def test_kept_models_append_or_replace_by_key_as_the_materialization_knows_no_other_strategy(manifest):
    kept = [
        node.config
        for node in manifest.nodes.values()
        if node.resource_type == "model" and node.config.materialized == "incremental"
    ]

    assert kept
    assert {(config.incremental_strategy, bool(config.unique_key)) for config in kept} == {
        ("append", False),
        ("delete+insert", True),
    }


def test_what_is_made_of_rows_that_are_deleted_by_age_is_kept_between_nights(manifest):
    """A model that reads such rows keeps what it made of them, and is of one feed; a view of them keeps nothing."""
    limited = {name for name, feed in read_contracts().items() if feed.retention != "business"}
    staged = {
        f"model.warehouse.stg_{feed.domain}__{name}" for name, feed in read_contracts().items() if name in limited
    }
    readers = {
        node.name: node.config.materialized
        for node in manifest.nodes.values()
        if node.resource_type == "model" and staged & set(node.depends_on.nodes) and node.schema != "touched"
    }

    assert len(readers) > len(limited)
    assert set(readers.values()) == {"incremental"}
    assert kept_tables(manifest.writable_manifest().to_dict(omit_none=False), limited)


def test_a_model_that_is_computed_in_portions_reads_one_of_them(manifest):
    """One that reads all would have every row as often as there are portions."""
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    computed = {model.name for model in models if "portions" in model.config.meta}

    assert computed
    assert computed == {model.name for model in models if "is_in_portion" in model.raw_code}
