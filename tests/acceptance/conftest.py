"""Homes of real data, and the `warehouse` command run on them as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "real"


class Warehouse:
    """The command line on one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(**self._call(arguments), capture_output=True, text=True, timeout=600)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(**self._call(arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def nightly(self, exit_code: int = 0) -> str:
        """Run the nightly job; fails with its output unless it ends with `exit_code`."""
        result = self.run("nightly")
        assert result.returncode == exit_code, result.stdout[-4000:] + result.stderr[-4000:]
        return result.stdout

    def query(self, sql: str) -> list[tuple]:
        """Rows of the current release."""
        with duckdb.connect(str(self.home / "published" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def candidate(self, sql: str) -> list[tuple]:
        """Rows of the candidate, which only tests look into."""
        with duckdb.connect(str(self.home / "work" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def release(self) -> str:
        return os.readlink(self.home / "published" / "warehouse.duckdb")

    def _call(self, arguments: tuple[str, ...]) -> dict:
        environment = {**os.environ, "WAREHOUSE_HOME": str(self.home)}
        return {"args": [sys.executable, "-m", "dagster_project.cli", *arguments], "env": environment}


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory):
    """A function that copies one of the real homes, or skips where there is none."""

    def copy(name: str) -> Warehouse:
        if not (REAL_DATA / name).is_dir():
            pytest.skip(f"the real data {name} is not beside this checkout")
        home = tmp_path_factory.mktemp(name) / "home"
        shutil.copytree(REAL_DATA / name, home)
        return Warehouse(home)

    return copy
