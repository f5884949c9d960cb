"""A real home to deliver into, and a look at what was loaded."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.load.feeds import LoadSummary, load


class Home:
    """A warehouse home in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(root)

    def deliver(self, feed: str, dt: str, name: str, content: bytes | str | list[dict]) -> Path:
        """Put a file into the landing zone; a list of dicts becomes JSON lines, a name in .gz is compressed."""
        if isinstance(content, list):
            content = "".join(json.dumps(row) + "\n" for row in content)
        if isinstance(content, str):
            content = content.encode()
        if name.endswith(".gz"):
            content = gzip.compress(content)
        path = self.settings.landing / feed / f"dt={dt}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def load(self) -> LoadSummary:
        return load(self.settings, report=lambda line: None)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.candidate), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def ledger(self) -> dict[str, tuple[int, int, int, int]]:
        """file -> (lines, loaded, duplicates, quarantined); fails unless they add up for every file."""
        rows = self.query("select file, lines, loaded, duplicates, quarantined from load.deliveries")
        assert all(lines == loaded + duplicates + broken for _, lines, loaded, duplicates, broken in rows)
        return {file: tuple(counts) for file, *counts in rows}

    def quarantine(self) -> list[tuple[int | None, str, str | None]]:
        """(line, reason, raw text) of every quarantined record."""
        return self.query("select line, reason, raw_text from load.quarantine order by feed, dt, file, line")


def event(event_id: str, event_at: str = "2024-03-01T10:00:00Z", **columns: object) -> dict:
    """An event that keeps its contract."""
    return {"event_id": event_id, "event_at": event_at, "event_name": "page_view", **columns}


def payment(attempt_id: str, updated_at: str = "2024-03-01T10:00:00Z", **columns: object) -> dict:
    """A payment attempt that keeps its contract."""
    return {
        "attempt_id": attempt_id,
        "payment_id": attempt_id,
        "kind": "bill",
        "attempted_at": "2024-03-01T10:00:00Z",
        "updated_at": updated_at,
        "status": "succeeded",
        "amount_minor": 1000,
        "currency": "USD",
        **columns,
    }
