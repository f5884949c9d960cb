"""What may hold something else than after the build before, and what a build therefore has to run.

Works on dbt's manifest as plain data. Sources are the loader's tables and books, and what earlier releases tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any

from dagster_project.warehouse.contract import RAW_SCHEMA
from dagster_project.warehouse.gate.dbt_results import Manifest, Node, domain_of

# They say which days a build is to compute, and which are closed: the same as in the build before, where this one is
# based on it (transform.py).
SAME = ("source.warehouse.load.progress", "source.warehouse.load.kept_from")


def affected(manifest: Manifest, feeds: Collection[str]) -> set[str]:
    """The sources and nodes that may hold something else, where `feeds` brought something and nothing else changed.

    That is all that is made of these feeds, and what tells of deliveries, releases and the build itself.
    """
    waiting = [name for name, source in manifest["sources"].items() if _is_affected(name, source, feeds)]
    waiting += [name for name, node in manifest["nodes"].items() if domain_of(node) == "ops" and _is_made(node)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += manifest["child_map"].get(name, [])
    return found


def models_to_run(manifest: Manifest, names: Collection[str]) -> set[str]:
    """Of these nodes the models that hold data, and the models that tell them what was touched.

    Views and seeds are as they were made when the definitions changed last.
    """
    nodes = manifest["nodes"]
    run = {name for name in names if name in nodes and _is_made(nodes[name]) and not _is_fixed(nodes[name])}
    waiting = list(run)
    while waiting:
        for parent in nodes[waiting.pop()]["depends_on"]["nodes"]:
            if parent in nodes and parent not in run and _is_touched(nodes[parent]):
                run.add(parent)
                waiting.append(parent)
    return run


def checks_to_run(manifest: Manifest, names: Collection[str]) -> set[str]:
    """The data tests that read one of these sources or nodes."""
    nodes = manifest["nodes"]
    tests = (name for name in nodes if nodes[name]["resource_type"] == "test")
    return {name for name in tests if not set(names).isdisjoint(_read_by(manifest, nodes[name]))}


def relations(manifest: Manifest, names: Collection[str]) -> set[str]:
    """These sources and nodes as `schema.name`."""
    nodes: Mapping[str, Any] = manifest["nodes"]
    made = {f"{nodes[name]['schema']}.{nodes[name]['alias']}" for name in names if name in nodes}
    sources = (manifest["sources"][name] for name in names if name in manifest["sources"])
    return made | {f"{source['schema']}.{source['name']}" for source in sources}


def _read_by(manifest: Manifest, test: Node) -> list[str]:
    """What a test reads; one that is declared on a feed asks the loader's books about this feed alone."""
    parents = test["depends_on"]["nodes"]
    feeds = [name for name in parents if manifest["sources"].get(name, {}).get("schema") == RAW_SCHEMA]
    is_of_feed = feeds and test["test_metadata"] and not test["attached_node"]
    return feeds if is_of_feed else parents


def _is_affected(name: str, source: Node, feeds: Collection[str]) -> bool:
    return source["name"] in feeds if source["schema"] in (RAW_SCHEMA, "changed") else name not in SAME


def _is_made(node: Node) -> bool:
    return node["resource_type"] in ("model", "seed")


def _is_fixed(node: Node) -> bool:
    return node["resource_type"] == "seed" or node["config"]["materialized"] == "view"


def _is_touched(node: Node) -> bool:
    return PurePosixPath(node["original_file_path"]).parts[1] == "touched"
