"""The coverage page: for each item of the monitoring strategy the column that it is published in, and what tests it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dagster_project.catalogue.metrics import tests_of
from dagster_project.warehouse.gate.dbt_results import is_published
from dagster_project.warehouse.release.history import ALERTS, FORECASTS

TESTED_IN = {ALERTS: "tests/alerts/test_rules.py", FORECASTS: "tests/forecasts/test_make.py"}
FILE = Path(__file__).with_name("coverage.yml")


@dataclass(frozen=True)
class Covered:
    """One item of the strategy; `rows` is a condition on the table's rows, or None where all speak of it."""

    area: str
    item: str
    table: str
    column: str
    rows: str | None
    tests: tuple[str, ...]

    @property
    def query(self) -> str:
        """How to ask the release for it."""
        return f"select * from {self.table}" + (f" where {self.rows}" if self.rows else "")


def coverage(manifest: Mapping[str, Any]) -> list[Covered]:
    """Every item, in the order of the file.

    Raises KeyError, naming the item, where its column is in no published table.
    """
    tables = {f"{n['schema']}.{n['alias']}": (i, n) for i, n in manifest["nodes"].items() if is_published(n)}
    return [
        _covered(manifest, tables, area, item, place)
        for area, items in yaml.safe_load(FILE.read_text(encoding="utf-8")).items()
        for item, place in items.items()
    ]


def _covered(
    manifest: Mapping[str, Any],
    tables: Mapping[str, tuple[str, Mapping[str, Any]]],
    area: str,
    item: str,
    place: Mapping[str, str],
) -> Covered:
    table, _, column = place["column"].rpartition(".")
    if table not in tables or column not in tables[table][1]["columns"]:
        raise KeyError(f"{FILE.name}: {area}: {item}: no published table has {place['column']}")
    rows = place.get("rows")
    tests = tests_of(manifest, *tables[table])
    if table in TESTED_IN and rows:  # publishing fills it, where dbt's tests don't come to
        tests = (f"{TESTED_IN[table]}: {rows.partition(' = ')[2]}", *tests)
    return Covered(area, item, table, column, rows, tests)
