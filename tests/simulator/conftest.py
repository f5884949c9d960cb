"""One small sample for all tests that only read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.simulator import SampleSummary, simulate
from dagster_project.warehouse.contract import Feed, read_contracts
from tests.simulator.landed import read_landing


@dataclass(frozen=True)
class Sample:
    """A sample as written: its landing zone, what `simulate` told, the truth file, and the lines read back."""

    landing: Path
    summary: SampleSummary
    truth: dict[str, Any]
    lines: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.lines.execute(query).fetchall()


@pytest.fixture(scope="session")
def contracts() -> dict[str, Feed]:
    return read_contracts()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, contracts: dict[str, Feed]) -> Iterator[Sample]:
    landing = tmp_path_factory.mktemp("sample") / "landing"
    summary = simulate(landing, users=150, days=60, seed=11, report=lambda line: None)
    truth = json.loads(summary.truth.read_text(encoding="utf-8"))
    with read_landing(landing, contracts) as lines:
        yield Sample(landing, summary, truth, lines)
