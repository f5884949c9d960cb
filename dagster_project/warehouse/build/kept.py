"""What a full build keeps: figures that can't be computed anew, since rows of closed days may be gone.

An incremental model of one feed of which days are closed computes its open days again in the table that it has
(changes.py has them all changed), and takes over columns (materializations.sql). Everything else is made anew, as a
`--full-refresh` would: its table is dropped before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb

from dagster_project.warehouse.gate.dbt_results import Manifest, Node, feeds_of_node

# A model whose meta says so has nothing in its table that rows of closed days would be needed for.
MADE_ANEW = "is_made_anew"


class KeptModelError(Exception):
    """A model would lose figures of closed days; the message says what to change in it."""


def kept_tables(manifest: Manifest, closed: Collection[str]) -> set[str]:
    """The tables (`schema.name`) of incremental models that are made of feeds of which days are closed.

    Raises KeptModelError where such a model has several feeds: a day may be closed of one and open of another.
    """
    return {table for unique_id, table in incremental_models(manifest) if _is_kept(manifest, unique_id, closed)}


def incremental_models(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The id and the table (`schema.name`) of each incremental model."""
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "model" and node.get("config", {}).get("materialized") == "incremental":
            yield unique_id, _table(node)


def drop_others(connection: duckdb.DuckDBPyConnection, manifest: Manifest, kept: Collection[str]) -> None:
    """Drop every table that the project makes, but the kept ones."""
    present = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    made = {_table(node) for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")}
    for table in sorted(made & {name for (name,) in present} - set(kept)):
        connection.execute(f"drop table {table}")


def _is_kept(manifest: Manifest, unique_id: str, closed: Collection[str]) -> bool:
    node, feeds = manifest["nodes"][unique_id], feeds_of_node(manifest, unique_id)
    if not feeds & set(closed) or node["config"]["meta"].get(MADE_ANEW):
        return False
    if len(feeds) > 1:
        raise KeptModelError(
            f"{_table(node)} is incremental and made of {', '.join(sorted(feeds))}, of which days are closed that are "
            "open of another: expected an incremental model of one feed each, and a table that joins them"
        )
    return True


def _table(node: Node) -> str:
    return f"{node['schema']}.{node['alias']}"
