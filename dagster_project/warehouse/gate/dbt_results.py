"""What dbt's results mean for the domains: a model that was not built, a test that found rows.

Works on dbt's manifest as plain data. A node belongs to the domain whose folder it lies in
(`models/<layer>/<domain>/`, `tests/<domain>/`, `seeds/<domain>/`); a model that was not built also concerns every
domain that publishes a table made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

from dagster_project.warehouse.build.results import NodeResult
from dagster_project.warehouse.contract import RAW_SCHEMA
from dagster_project.warehouse.gate.verdict import DOMAINS, Check

Manifest = Mapping[str, Any]
Node = Mapping[str, Any]

BUILT = ("success", "no-op")
# What a failed test of these kinds says to the one who lands files; {feed} is what it looks at.
MEANT = {
    "quarantined_share_at_most": (
        "on some day more lines of {feed} broke their contract than it allows, or too large a file could not be read; "
        "`warehouse status` has the reasons, and a corrected file under the same name takes the place of the wrong one"
    ),
    "contract_key": "a key of {feed} stands twice: a fault of the loader",
}


def published_tables(manifest: Manifest) -> dict[str, list[str]]:
    """The tables that each domain publishes, as `schema.name`: all models in its folder of the marts."""
    tables: dict[str, list[str]] = {domain: [] for domain in DOMAINS}
    for node in manifest["nodes"].values():
        if is_published(node):
            tables[str(domain_of(node))].append(_table(node))
    return {domain: sorted(names) for domain, names in tables.items()}


def primary_keys(manifest: Manifest) -> dict[str, list[str]]:
    """The columns that make a row of a published table unique, by `schema.name`, as its primary_key test has them."""
    nodes = manifest["nodes"]
    return {
        _table(nodes[test["attached_node"]]): list(test["test_metadata"]["kwargs"]["columns"])
        for test in nodes.values()
        if (test.get("test_metadata") or {}).get("name") == "primary_key"
        if test["attached_node"] in nodes and is_published(nodes[test["attached_node"]])
    }


def feeds_of(manifest: Manifest, table: str) -> set[str]:
    """The feeds that a published table is made of, by whatever way."""
    return feeds_of_node(manifest, *(name for name, node in _published(manifest) if _table(node) == table))


def feeds_of_node(manifest: Manifest, *unique_ids: str) -> set[str]:
    """The feeds that nodes are made of, by whatever way."""
    nodes, waiting = manifest["nodes"], [*unique_ids]
    feeds: set[str] = set()
    seen: set[str] = set()
    while waiting:
        unique_id = waiting.pop()
        source = manifest["sources"].get(unique_id)
        if source and source["schema"] == RAW_SCHEMA:
            feeds.add(source["name"])
        if unique_id not in seen:
            seen.add(unique_id)
            waiting += nodes.get(unique_id, {}).get("depends_on", {}).get("nodes", [])
    return feeds


def build_checks(manifest: Manifest, results: Iterable[NodeResult]) -> list[Check]:
    """A failed check for each model or seed that was not built, in each domain that it concerns; none for the others.

    What no result speaks of was not built either: a run of a part of the project must not pass for the whole.
    """
    by_id = {result.unique_id: result for result in results}
    return [
        _build_failure(node, by_id.get(unique_id), domain)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] != "ephemeral"
        if unique_id not in by_id or by_id[unique_id].status not in BUILT
        for domain in _concerned(manifest, unique_id)
    ]


def data_test_checks(manifest: Manifest, results: Iterable[NodeResult]) -> list[Check]:
    """One check per data test of a domain; of a test in no domain's folder, one per domain that it concerns.

    A test that broke or was not run counts as a failed error, whatever its severity.
    """
    by_id = {result.unique_id: result for result in results}
    checks = []
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "test":
            own = domain_of(node)
            for domain in [own] if own else _concerned(manifest, unique_id):
                name = node["name"].strip("_") + ("" if own else f" for {domain}")
                checks.append(_test_check(node, by_id.get(unique_id), domain, name))
    return checks


def domain_of(node: Node) -> str | None:
    """The domain whose folder a node lies in, or None."""
    folders = PurePosixPath(node["original_file_path"]).parts[:-1]
    return next((folder for folder in folders if folder in DOMAINS), None)


def is_published(node: Node) -> bool:
    """Whether a node is a model of the marts, whose table is published."""
    return node["resource_type"] == "model" and PurePosixPath(node["original_file_path"]).parts[1] == "marts"


def _published(manifest: Manifest) -> Iterable[tuple[str, Node]]:
    return ((name, node) for name, node in manifest["nodes"].items() if is_published(node))


def _table(node: Node) -> str:
    return f"{node['schema']}.{node['alias']}"


def _concerned(manifest: Manifest, unique_id: str) -> list[str]:
    """The domains of a node and of all published tables that come after it, or after what a test reads."""
    node = manifest["nodes"][unique_id]
    waiting = list(node["depends_on"]["nodes"]) if node["resource_type"] == "test" else [unique_id]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += manifest["child_map"].get(name, [])
    published = (manifest["nodes"][name] for name in reached if name in manifest["nodes"])
    found = {domain_of(node), *(domain_of(reader) for reader in published if is_published(reader))}
    return [domain for domain in DOMAINS if domain in found] or list(DOMAINS)


def _build_failure(node: Node, result: NodeResult | None, domain: str) -> Check:
    suffix = "" if domain == domain_of(node) else f" for {domain}"
    return Check(
        check_name=f"build of {node['schema']}.{node['alias']}{suffix}",
        domain=domain,
        tool="dbt",
        severity="error",
        passed=False,
        observed=result.status if result else "not run",
        detail=_one_line(result.message) if result else None,
    )


def _test_check(node: Node, result: NodeResult | None, domain: str, name: str) -> Check:
    status = result.status if result else "not run"
    ran = status in ("pass", "warn", "fail")
    severity = "warn" if node["config"]["severity"].lower() == "warn" else "error"
    return Check(
        check_name=name,
        domain=domain,
        tool="dbt",
        severity={"warn": "warn", "pass": severity}.get(status, "error"),
        passed=status == "pass",
        observed=_rows(result.failures) if result and ran else status,
        detail=None if status == "pass" else _what_failed(node, result, ran),
    )


def _what_failed(node: Node, result: NodeResult | None, ran: bool) -> str | None:
    """What the test says of itself and some of the rows that it found; of one that broke, dbt's words."""
    if not (ran and result):
        return _one_line(result.message) if result else None
    meaning = _meaning(node).rstrip()
    if result.examples:
        meaning = f"{meaning.removesuffix('.')}. For example: {result.examples}".removeprefix(". ")
    return _one_line(meaning)


def _meaning(node: Node) -> str:
    """A test's description or the comment it opens with, or what its kind is for."""
    kind = (node.get("test_metadata") or {}).get("name")
    if kind in MEANT and not node["description"]:
        return MEANT[kind].format(feed=node["sources"][0][1] if node.get("sources") else "the feed")
    opening = takewhile(lambda line: line.startswith("--"), node["raw_code"].splitlines())
    return node["description"] or " ".join(line.removeprefix("--") for line in opening)


def _rows(count: int | None) -> str:
    return "1 row" if count == 1 else f"{count or 0} rows"


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None
