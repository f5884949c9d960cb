"""How the published tables are compared from release to release, as the meta of each model says it.

closes_on              SQL: the last day on which a row may still move; by default the end of its period
is_compared            false where the table has no figures of past periods
averages               counts and amounts that do not add up (shares never do)
restatement_floors     the headline columns, each with the smallest figure of it whose moving is judged
restatement_tolerance  the share by which these may move without approval; a domain's default is in dbt_project.yml
"""

from __future__ import annotations

from typing import Any

from dagster_project.warehouse.contract import people_columns, read_contracts
from dagster_project.warehouse.gate.dbt_results import Manifest, domain_of, feeds_of, is_published, primary_keys
from dagster_project.warehouse.gate.verdict import Rule

# What a release says of itself and of deliveries are no figures of a period.
NOT_COMPARED = "ops"


def restatement_rules(manifest: Manifest) -> dict[str, Rule]:
    """The rule of each published table that is compared, by `schema.name`."""
    people = people_columns(read_contracts().values())
    keys, rules = primary_keys(manifest), {}
    for node in manifest["nodes"].values():
        table = f"{node['schema']}.{node['alias']}"
        if is_published(node) and table in keys and domain_of(node) != NOT_COMPARED:
            meta: dict[str, Any] = node["config"]["meta"]
            if meta.get("is_compared", True):
                rules[table] = Rule(
                    key=keys[table],
                    feeds=sorted(feeds_of(manifest, table)),
                    names_people=bool(people & set(keys[table])),
                    closes_on=meta.get("closes_on"),
                    averages=list(meta.get("averages", [])),
                    tolerance=meta.get("restatement_tolerance"),
                    floors={name: float(floor) for name, floor in meta.get("restatement_floors", {}).items()},
                )
    return rules
