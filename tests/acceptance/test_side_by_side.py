"""Commands started together on one home: each waits for its turn, and all end well."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.homes import Warehouse, payments, users

DAY_ONE, DAY_TWO = ("2024-03-01", 1000), ("2024-03-02", 500)
# What tells one run from another; everything else has to be equal.
OF_THE_RUN = "release_id|published_at|loaded_at|git_revision"


def delivered(home: Path) -> Warehouse:
    warehouse = Warehouse(home)
    warehouse.deliver("payments", "2024-03-01", [*payments("2024-03-01", 100), {"broken": True}])
    warehouse.deliver("users", "2024-03-01", users("2024-03-01", 5))
    return warehouse


def published(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """Every row of every published table, but for what tells one run from another."""
    tables = warehouse.query("select schema_name || '.' || table_name from duckdb_tables() order by 1")
    everything = f"columns(lambda name: not regexp_full_match(name, '{OF_THE_RUN}'))"
    return {table: warehouse.query(f"select {everything} from {table} order by all") for (table,) in tables}


def ended(process: subprocess.Popen[str]) -> str:
    """What a command printed; fails with it unless the command ended well."""
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output[-4000:]
    return output


def await_line(process: subprocess.Popen[str], text: str) -> None:
    """Wait until a command prints a line with this text."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if text in line:
            return
    raise AssertionError("".join(printed))


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A home in which two nights were started at once."""
    warehouse = delivered(tmp_path_factory.mktemp("together"))
    nights = [warehouse.start("nightly", output=subprocess.PIPE) for _ in range(2)]
    outputs = sorted(map(ended, nights), key=lambda output: "waiting for another run" in output)
    assert ["waiting for another run" in output for output in outputs] == [False, True]
    assert ["nothing new to publish" in output for output in outputs] == [False, True]
    return warehouse


def test_two_nights_at_once_publish_what_one_night_alone_does(together: Warehouse, tmp_path: Path) -> None:
    alone = delivered(tmp_path)
    alone.nightly()
    assert together.volume() == [DAY_ONE]
    assert published(together) == published(alone)
    assert len(published(together)) > 5


def test_the_key_is_in_no_other_file_and_strangers_may_read_none(together: Warehouse) -> None:
    key = (together.home / "pii.key").read_bytes().strip()
    files = [file for folder in ("work", "published") for file in (together.home / folder).rglob("*") if file.is_file()]
    assert len(key) == 64 and len(files) > 10
    assert [file for file in files if key in file.read_bytes()] == []
    assert [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o007] == []


def test_a_rollback_during_a_night_waits_for_it_and_goes_back_to_the_release_before(together: Warehouse) -> None:
    first = together.release()
    together.deliver("payments", "2024-03-02", payments("2024-03-02", 50))
    night = together.start("nightly", output=subprocess.PIPE)
    await_line(night, "payments: 50 rows")
    assert f"release {first}" in ended(together.start("rollback", output=subprocess.PIPE))
    ended(night)
    assert together.release() == first
    assert together.volume() == [DAY_ONE]
    second = ended(together.start("releases", output=subprocess.PIPE)).split("\n")[1].split()[0]
    ended(together.start("rollback", second, output=subprocess.PIPE))
    assert together.volume() == [DAY_ONE, DAY_TWO]
