"""The same deliveries taken in night by night and all at once, and the figures that come of them.

Nothing of a night but loading and building: what is compared are the tables before any gate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pytest

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.build import transform
from dagster_project.warehouse.build.project import invoke, project_manifest
from dagster_project.warehouse.build.results import NodeResult
from dagster_project.warehouse.build.transform import build_models
from dagster_project.warehouse.gate.dbt_results import Manifest, domain_of, is_published
from dagster_project.warehouse.load.feeds import load

SCHEMAS = ("product", "finance", "platform", "security")


@dataclass(frozen=True)
class File:
    """One delivery: `landing/<feed>/dt=<dt>/<name>` with this content."""

    feed: str
    dt: date
    name: str
    content: bytes


class Nights:
    """A home in which nights are run: of everything, or, which is quicker, of what tables of some domains need.

    `rows_of_a_portion` has models compute in portions (macros/portions.sql) what would be one otherwise.
    """

    def __init__(
        self,
        home: Path,
        reporting: Reporting | None = None,
        domains: Collection[str] = (),
        rows_of_a_portion: int | None = None,
    ) -> None:
        self.settings = Settings(home, reporting or Reporting())
        self._domains = domains
        self._variables = {"rows_of_a_portion": rows_of_a_portion} if rows_of_a_portion else {}
        home.mkdir(parents=True, exist_ok=True)
        (home / "pii.key").write_text("one key, so that a person is the same in all homes", encoding="ascii")

    def deliver(self, files: Iterable[File]) -> None:
        for file in files:
            path = self.settings.landing / file.feed / f"dt={file.dt}" / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)

    def run(self, as_of: date) -> None:
        """Load and build; fails unless every model was built."""
        load(self.settings, report=_silent)
        with pytest.MonkeyPatch.context() as patched:
            if self._domains:
                _build_only(self._domains, patched)
            _build_with(self._variables, patched)
            results = build_models(self.settings, as_of, report=_silent)
        failed = [(r.unique_id, r.message) for r in results if r.status not in ("success", "no-op")]
        assert failed == []

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.candidate), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> list[str]:
        """Every table that the nights make to be published, as `schema.name`."""
        found = self.query("select schema_name, table_name from duckdb_tables() order by all")
        return [f"{schema}.{name}" for schema, name in found if schema in SCHEMAS]


def _build_with(more: Mapping[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell dbt these vars beside those of a build."""

    def with_more(*arguments: Any) -> Any:
        *others, variables, nodes = arguments
        return invoke(*others, {**variables, **more}, nodes)

    monkeypatch.setattr(transform, "invoke", with_more)


def _build_only(domains: Collection[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have builds leave out what the tables of these domains do not need."""
    run_dbt = transform.run_dbt

    def of_the_domains(settings: Settings, *arguments: Any) -> list[NodeResult]:
        *others, nodes = arguments
        needed = _needed_by(domains, project_manifest(settings))
        return run_dbt(settings, *others, needed if nodes is None else needed & set(nodes))

    monkeypatch.setattr(transform, "run_dbt", of_the_domains)


def _needed_by(domains: Collection[str], manifest: Manifest) -> set[str]:
    nodes = manifest["nodes"]
    waiting = [name for name, node in nodes.items() if is_published(node) and domain_of(node) in domains]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in needed:
            needed.add(name)
            waiting += nodes[name]["depends_on"].get("nodes", [])
    return needed


def differences(
    one: Nights, other: Nights, shown: int = 3, within: Mapping[str, str] = MappingProxyType({})
) -> dict[str, list[tuple]]:
    """Of every table that differs in any cell, some rows that only one of the two homes has.

    `within` says by table, in SQL, which rows of the other home count.
    """
    assert one.tables() == other.tables()
    found = {}
    with duckdb.connect() as connection:
        for name, nights in (("one", one), ("other", other)):
            connection.execute(f"attach '{nights.settings.candidate}' as {name} (read_only)")
        for table in one.tables():
            rows = f"(from other.{table} where {within.get(table, 'true')})"
            found[table] = connection.execute(f"""
                (select 'only one', * from (from one.{table} except all from {rows}) limit {shown})
                union all
                (select 'only other', * from (from {rows} except all from one.{table}) limit {shown})
            """).fetchall()
    return {table: rows for table, rows in found.items() if rows}


def _silent(message: str) -> None:
    pass
