"""Which published figures are provisional: those made from a feed whose newest days are missing or unusually small.

A day that lacks a delivery shows a dip that is none. Tables keep the dip, and ops.provisional_periods says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.warehouse.contract import RAW_SCHEMA
from dagster_project.warehouse.gate.dbt_results import is_published
from dagster_project.warehouse.release.history import PROVISIONAL
from dagster_project.warehouse.watch.feed_health import LACKING

# A delivery that is still lacking after this many days is not waited for any longer; ops.feed_health keeps its row.
WAITING_DAYS = 7

# Until the as-of day, because what adds up over days (wau, mau, retention, a running month) lacks it on later days too.
_PERIODS = f"""
insert into {PROVISIONAL}
with lacking as (
    select feed, cast((min(dt)::timestamp at time zone 'UTC') at time zone $zone as date) as from_date,
        string_agg(format('{{}} is {{}}: {{}}', dt, status, detail), '; ' order by dt) as reason
    from ops.feed_health where status in {LACKING} and dt > $as_of - {WAITING_DAYS} group by feed
)
select table_schema, table_name, from_date, greatest($as_of, from_date), feed, reason
from lineage inner join lacking using (feed)
"""


def write_provisional_periods(
    connection: duckdb.DuckDBPyConnection, lineage: Mapping[str, set[str]], as_of: date, zone: str
) -> None:
    """Fill ops.provisional_periods from ops.feed_health; `lineage` is of feeds_of_tables, `zone` the reporting one."""
    pairs = [(*table.split(".", 1), feed) for table, feeds in sorted(lineage.items()) for feed in sorted(feeds)]
    names = ("table_schema", "table_name", "feed")
    columns = {name: pa.array([pair[i] for pair in pairs], pa.string()) for i, name in enumerate(names)}
    connection.register("lineage", pa.table(columns))
    connection.execute(f"delete from {PROVISIONAL}")
    connection.execute(_PERIODS, {"as_of": as_of, "zone": zone})
    connection.unregister("lineage")


def feeds_of_tables(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    """The feeds that each published table (`schema.name`) is made from, by dbt's manifest."""
    nodes, sources = manifest["nodes"], manifest["sources"]
    found: dict[str, set[str]] = {}

    def feeds(unique_id: str) -> set[str]:
        if unique_id not in found:
            source, parents = sources.get(unique_id), nodes.get(unique_id, {}).get("depends_on", {}).get("nodes", [])
            own = {source["name"]} if source and source["schema"] == RAW_SCHEMA else set()
            found[unique_id] = own.union(*map(feeds, parents))
        return found[unique_id]

    return {f"{node['schema']}.{node['alias']}": feeds(uid) for uid, node in nodes.items() if is_published(node)}
