"""The metric catalogue: every column of a published table that its yml gives a formula, with where it is tested.

Works on dbt's manifest as plain data, so that nothing is said of a metric in a second place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dagster_project.warehouse.gate.dbt_results import domain_of, is_published
from dagster_project.warehouse.gate.verdict import DOMAINS

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """One metric: where it is published, what it means, how it is computed, who answers for it, what tests it."""

    table: str
    column: str
    name: str
    meaning: str
    formula: str
    grain: str
    owner: str
    tests: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """The fragment by which a page links to it."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Table:
    """A published table and what it says besides metrics: columns with their meaning."""

    name: str
    meaning: str
    columns: dict[str, str]


def tables(manifest: Manifest) -> dict[str, list[Table]]:
    """The published tables of every domain, with the columns that are no metrics."""
    found: dict[str, list[Table]] = {domain: [] for domain in DOMAINS}
    for _, node in sorted(manifest["nodes"].items()):
        if is_published(node):
            others = {
                column["name"]: _one_line(column["description"])
                for column in node["columns"].values()
                if "formula" not in column["config"]["meta"]
            }
            name = f"{node['schema']}.{node['alias']}"
            found[str(domain_of(node))].append(Table(name, _one_line(node["description"]), others))
    return found


def metrics(manifest: Manifest) -> dict[str, list[Metric]]:
    """The metrics of every domain, in the order of tables and columns."""
    found: dict[str, list[Metric]] = {domain: [] for domain in DOMAINS}
    for unique_id, node in sorted(manifest["nodes"].items()):
        if is_published(node):
            found[str(domain_of(node))] += _metrics_of(node, tests_of(manifest, unique_id, node))
    return found


def _metrics_of(node: Mapping[str, Any], tests: tuple[str, ...]) -> list[Metric]:
    return [
        Metric(
            table=f"{node['schema']}.{node['alias']}",
            column=column["name"],
            name=meta.get("metric", column["name"].replace("_", " ")),
            meaning=_one_line(column["description"]),
            formula=_one_line(meta["formula"]),
            grain=_one_line(node["description"]).partition(".")[0],
            owner=node["config"]["meta"]["owner"],
            tests=tests,
        )
        for column in node["columns"].values()
        if "formula" in (meta := column["config"]["meta"])
    ]


def tests_of(manifest: Manifest, unique_id: str, node: Mapping[str, Any]) -> tuple[str, ...]:
    """The unit tests and data tests of a model and of the private models that it is made from, by name."""
    chain, waiting = set(), [unique_id]
    while waiting:
        name = waiting.pop()
        chain.add(name)
        parents = [
            parent for parent in manifest["nodes"].get(name, {"depends_on": {"nodes": []}})["depends_on"]["nodes"]
        ]
        waiting += [p for p in parents if ".int_" in p and p not in chain]
    names = {manifest["nodes"][name]["name"] for name in chain}
    unit = {test["name"] for test in manifest["unit_tests"].values() if test["model"] in names}
    data = {
        test["name"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and unique_id in test["depends_on"]["nodes"]
    }
    return (*sorted(unit), *sorted(data), f"expectations/{domain_of(node)}.py: {node['schema']}.{node['alias']}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
