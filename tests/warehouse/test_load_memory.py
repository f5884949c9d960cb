"""What a load holds in memory does not grow with what was delivered, and one that was killed in the midst left nothing.

A feed is loaded in one transaction of many batches; batches are made small here.
"""

from __future__ import annotations

import itertools
import os
import signal
import tracemalloc
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.load import feeds, reading, records
from dagster_project.warehouse.load.landing import scan
from dagster_project.warehouse.load.source import Columns, Source
from tests.warehouse.homes import Home, event

ROW_GROUPS, ROWS_OF_A_GROUP, BYTES_OF_A_PAGE = 40, 1_000, 1_000


def sources(home: Home) -> list[Source]:
    found = scan(home.settings.landing, ["events"]).deliveries
    return [Source(index, delivery) for index, delivery in enumerate(found)]


def columns() -> Columns:
    return Columns.of(read_contracts()["events"])


def test_of_a_large_parquet_file_a_small_part_is_in_memory(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BATCH_BYTES", 1 << 20)
    random = np.random.default_rng(1)
    path = home.deliver("events", "2024-03-01", "a.parquet", b"")
    made = {
        "event_id": [str(row) for row in range(ROWS_OF_A_GROUP)],
        "event_at": ["2024-03-01"] * ROWS_OF_A_GROUP,
        "event_name": ["view"] * ROWS_OF_A_GROUP,
        # random, so that no compression makes it less
        "page": [random.bytes(BYTES_OF_A_PAGE // 2).hex() for _ in range(ROWS_OF_A_GROUP)],
    }
    with pq.ParquetWriter(path, pa.table(made).schema) as file:
        for _ in range(ROW_GROUPS):
            file.write_table(pa.table(made))
    tracemalloc.start()
    try:
        rows = sum(batch.table.num_rows for batch in records.read_batches(sources(home), columns()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == ROW_GROUPS * ROWS_OF_A_GROUP
    assert peak < path.stat().st_size / 4


def test_small_files_of_many_headers_wait_for_each_other_only_until_they_are_a_batch(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BATCH_BYTES", 4_000)
    for number in range(20):
        lines = f"event_id,event_at,event_name,column_{number}\n" + f"e{number},2024-03-01,view,{'x' * 100}\n" * 3
        home.deliver("events", "2024-03-01", f"{number:02}.csv", lines)
    read = sources(home)
    batches = records.read_batches(read, columns())
    first = next(batches)
    assert 10 <= sum(source.records > 0 for source in read) < 20
    assert first.table.num_rows + sum(batch.table.num_rows for batch in batches) == 60


def deliver_first(home: Home) -> None:
    home.deliver("events", "2024-03-01", "replaced.ndjson", [event(f"r{i}", page="/old") for i in range(50)])
    home.deliver("events", "2024-03-01", "stays.ndjson", [event("r1", page="/beaten"), event("s1")])


def deliver_second(home: Home) -> None:
    """Replaced, new, quarantined and broken: each of many batches, with keys that meet."""
    home.deliver("events", "2024-03-01", "replaced.ndjson", [event(f"r{i}", page="/new") for i in range(2, 300)])
    home.deliver("events", "2024-03-02", "new.ndjson", [event(f"r{i}") for i in range(250, 500)] + [{"bad": 1}] * 50)
    rows = [event(f"r{i}", page=str(i**9)) for i in range(400, 1_000)]
    broken = home.deliver("events", "2024-03-02", "broken.ndjson.gz", rows)
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size * 2 // 3])


BOOKS = (
    "select event_id, page, dt, file, _line from raw.events inner join load.deliveries using (_file_id) order by all",
    "select event_id, page, _line, _conflicts from superseded.events order by all",
    "select event_id, page from moved.events order by all",
    "select dt, file, line, lines, reason, raw_text from load.quarantine order by all",
    # gzip writes down when it ran
    "select * exclude (_file_id, loaded_at, identity, sha256) from load.deliveries order by all",
)


@pytest.mark.parametrize("ending", ["killed", "raised"])
def test_a_load_that_ended_between_two_batches_is_as_if_it_had_never_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    make_batches_small(monkeypatch.setattr)
    undisturbed, disturbed = Home(tmp_path / "undisturbed"), Home(tmp_path / "disturbed")
    for home in (undisturbed, disturbed):
        deliver_first(home)
        home.load()
        deliver_second(home)
    before = [disturbed.query(sql) for sql in BOOKS]

    end_in_batch(disturbed, 8, ending)

    assert [disturbed.query(sql) for sql in BOOKS] == before
    undisturbed.load()
    disturbed.load()
    found = [undisturbed.query(sql) for sql in BOOKS]
    assert [disturbed.query(sql) for sql in BOOKS] == found != before
    assert undisturbed.ledger()["new.ndjson"] == (300, 200, 50, 50)
    lines, *of_the_broken = undisturbed.ledger()["broken.ndjson.gz"]
    assert lines > 100 and of_the_broken == [0, 0, lines]


def end_in_batch(home: Home, number: int, ending: str) -> None:
    """Load in a process of its own, which ends so after it has inserted its batch of this number."""
    child = get_context("spawn").Process(target=load_to_its_end, args=(home.settings.home, number, ending))
    child.start()
    child.join()
    assert child.exitcode == (-signal.SIGKILL if ending == "killed" else 1)


def load_to_its_end(home: Path, number: int, ending: str) -> None:
    make_batches_small(setattr)
    batches, load_batch = itertools.count(1), feeds._load_batch

    def load_batch_and_end(*arguments: Any) -> None:
        load_batch(*arguments)
        if next(batches) == number:
            if ending == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyboardInterrupt

    feeds._load_batch = load_batch_and_end
    Home(home).load()


def make_batches_small(patch: Callable[[Any, str, int], None]) -> None:
    patch(records, "BATCH_BYTES", 4_000)
    patch(reading, "CHUNK_BYTES", 2_000)
