"""The `warehouse` command run on a home as a user runs it, and deliveries into that home."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb


class Warehouse:
    """The command line on one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(**self._call(arguments), capture_output=True, text=True, timeout=600)

    def start(self, *arguments: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start a command and don't wait for it."""
        return subprocess.Popen(**self._call(arguments), stdout=output, stderr=subprocess.STDOUT, text=True)

    def nightly(self, exit_code: int = 0) -> str:
        """Run the nightly job; fails with its output unless it ends with `exit_code`."""
        result = self.run("nightly")
        assert result.returncode == exit_code, result.stdout[-4000:] + result.stderr[-4000:]
        return result.stdout

    def deliver(self, feed: str, dt: str, rows: list[dict], name: str = "a.ndjson") -> None:
        """Land one file of JSON lines, visible once it is whole."""
        path = self.home / "landing" / feed / f"dt={dt}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"_{name}")
        draft.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        draft.rename(path)

    def delivered(self, feed: str) -> Iterator[dict]:
        """Every record of a feed of compressed JSON lines, read the slow way."""
        for file in sorted((self.home / "landing" / feed).glob("dt=*/*.ndjson.gz")):
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                yield from map(json.loads, lines)

    def query(self, sql: str) -> list[tuple]:
        """Rows of the current release."""
        with duckdb.connect(str(self.home / "published" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def candidate(self, sql: str) -> list[tuple]:
        """Rows of the candidate, which only tests look into."""
        with duckdb.connect(str(self.home / "work" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def release(self) -> str:
        """The id of the current release."""
        return Path(os.readlink(self.home / "published" / "warehouse.duckdb")).stem

    def volume(self) -> list[tuple[str, int]]:
        """(day, volume in the reporting currency) of every day with payments."""
        return self.query(
            "select payment_date::varchar, sum(volume)::int from finance.payments_daily group by 1 order by 1"
        )

    def _call(self, arguments: tuple[str, ...]) -> dict:
        environment = {**os.environ, "WAREHOUSE_HOME": str(self.home)}
        return {"args": [sys.executable, "-m", "dagster_project.cli", *arguments], "env": environment}


def payments(day: str, count: int, **columns: object) -> list[dict]:
    """Payments of 10.00 USD each on one day."""
    return [
        {
            "attempt_id": f"{day}-{number}",
            "payment_id": f"{day}-{number}",
            "kind": "bill",
            "attempted_at": f"{day}T10:00:00Z",
            "updated_at": f"{day}T10:00:00Z",
            "status": "succeeded",
            "amount_minor": 1000,
            "currency": "USD",
            **columns,
        }
        for number in range(count)
    ]


def users(day: str, count: int) -> list[dict]:
    """People who registered on one day."""
    at = f"{day}T09:00:00Z"
    return [{"user_id": f"{day}-{number}", "registered_at": at, "updated_at": at} for number in range(count)]
