"""Families of metrics as OpenMetrics text, each sample at the end of the period it is of.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TextIO
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.grafana.families import FAMILIES, Family

ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def write_metrics(
    connection: duckdb.DuckDBPyConnection,
    days: int,
    target: TextIO,
    timezone: str = "UTC",
    families: Iterable[Family] = FAMILIES,
) -> None:
    """Write the figures of the release's last `days`; a family whose table was never published has no samples.

    Days and months are of the time zone. Counters count from the release's first period on, whatever `days` is.
    """
    published = {name for (name,) in connection.execute(TABLES).fetchall()}
    for family in families:
        target.write(f"# TYPE {family.name} {family.type}\n")
        if family.unit:
            target.write(f"# UNIT {family.name} {family.unit}\n")
        target.write(f"# HELP {family.name} {family.help.translate(ESCAPED)}\n")
        if family.table in published:
            target.writelines(_samples(connection, family, days, ZoneInfo("UTC" if family.is_in_utc else timezone)))
    target.write("# EOF\n")


TABLES = "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database()"


def _samples(connection: duckdb.DuckDBPyConnection, family: Family, days: int, zone: ZoneInfo) -> Iterator[str]:
    """One line per series and period, series by series, the oldest first."""
    found = connection.execute(f"select * from ({family.sql}) limit 0").description or ()
    labels = sorted({column[0] for column in found} - {"ends_at", "value"})
    listed = "".join(f"{label}, " for label in labels)
    value = "sum(value) over (partition by {} order by ends_at)".format(", ".join(labels) or "null")
    rows = connection.execute(
        f"""
        with named as (
            select {"".join(f"coalesce(cast({label} as varchar), 'unknown') as {label}, " for label in labels)}
                ends_at, sum(value) as value
            from ({family.sql}) where value is not null group by all
        ),
        figures as (select {listed}ends_at, {value if family.type == "counter" else "value"} as value from named)
        select {listed}ends_at, cast(value as double) from figures
        where ends_at > (select max(ends_at) from figures) - interval {int(days)} day order by {listed}ends_at
        """
    )
    name = family.name + ("_total" if family.type == "counter" else "")
    while batch := rows.fetchmany(10_000):
        for *names, ends_at, figure in batch:
            if math.isfinite(figure):
                yield f"{name}{_labels(labels, names)} {figure!r} {_seconds(ends_at, zone)}\n"


def _labels(labels: list[str], values: list[str]) -> str:
    pairs = ",".join(f'{label}="{value.translate(ESCAPED)}"' for label, value in zip(labels, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _seconds(ends_at: datetime, zone: ZoneInfo) -> int:
    return int(ends_at.replace(tzinfo=zone).timestamp())
