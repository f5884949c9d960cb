"""The files of a sample: all feeds, contracts kept, the same bytes again, nothing visible too early."""

from __future__ import annotations

import gzip
import hashlib
import multiprocessing
import os
from datetime import date
from pathlib import Path

import pytest

from dagster_project.simulator import simulate
from dagster_project.simulator.landing_writer import STAGE
from dagster_project.warehouse.contract import Feed
from tests.simulator.conftest import Sample


def _digests(landing: Path) -> dict[str, str]:
    files = [path for path in landing.parent.rglob("*") if path.is_file()]
    return {str(path.relative_to(landing.parent)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _small(landing: Path, seed: int) -> dict[str, str]:
    simulate(landing, users=25, days=12, seed=seed, report=lambda line: None)
    return _digests(landing)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digest of every file of a small sample with seed 3."""
    return _small(tmp_path_factory.mktemp("small") / "landing", seed=3)


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path, small: dict[str, str]) -> None:
    assert _small(tmp_path / "landing", seed=3) == small


def test_another_seed_writes_other_bytes(tmp_path: Path, small: dict[str, str]) -> None:
    other = _small(tmp_path / "landing", seed=4)
    assert not set(other.values()) & set(small.values())


def test_the_sample_ends_on_a_fixed_day_unless_told_when_to_start(tmp_path: Path) -> None:
    ends_fixed = simulate(tmp_path / "a" / "landing", users=2, days=3, seed=1, report=lambda line: None)
    assert (ends_fixed.start, ends_fixed.end) == (date(2026, 10, 29), date(2026, 10, 31))
    begins = simulate(
        tmp_path / "b" / "landing", users=2, days=3, seed=1, start=date(2024, 2, 28), report=lambda _: None
    )
    assert (begins.start, begins.end) == (date(2024, 2, 28), date(2024, 3, 1))
    days = {path.name for path in (tmp_path / "b" / "landing" / "metric_samples").iterdir()}
    assert days == {"dt=2024-02-28", "dt=2024-02-29", "dt=2024-03-01"}


def test_every_feed_is_there_and_every_format(sample: Sample, contracts: dict[str, Feed]) -> None:
    assert {path.name for path in sample.landing.iterdir()} == set(contracts) == set(sample.summary.feeds)
    extensions = {path.name.removeprefix("part-000.") for path in sample.landing.glob("*/*/*")}
    assert extensions == {"ndjson", "ndjson.gz", "ndjson.zst", "jsonl", "jsonl.gz", "csv", "csv.gz", "parquet"}


def test_gzip_headers_hold_neither_time_nor_name(sample: Sample) -> None:
    header = next(sample.landing.glob("events/*/*.gz")).read_bytes()[:10]
    assert header[:4] == b"\x1f\x8b\x08\x00"
    assert header[4:8] == bytes(4)


def test_exactly_the_planted_lines_break_their_contract(sample: Sample) -> None:
    for feed, planted in sample.truth["feeds"].items():
        found = sample.rows(f'select count(*), count(*) filter (where not is_sound), count(distinct dt) from "{feed}"')[
            0
        ]
        assert (feed, *found) == (feed, planted["lines"], planted["malformed_lines"], planted["files"])


def test_rows_repeated_and_late_rows_are_as_many_as_the_truth_says(sample: Sample, contracts: dict[str, Feed]) -> None:
    for feed, planted in sample.truth["feeds"].items():
        contract = contracts[feed]
        key = ", ".join(f'"{column}"' for column in (*contract.key, *([contract.version] if contract.version else [])))
        ready = contract.version or contract.event_time
        distinct, sound, late = sample.rows(
            f"""
            with first_delivery as (
                select {key}, min(dt) as dt, any_value("{ready}") as ready_at, count(*) as deliveries
                from "{feed}" where is_sound group by all
            )
            select count(*), sum(deliveries), count(*) filter (where dt > ready_at::date) from first_delivery
            """
        )[0]
        expected = (planted["rows"], planted["rows"] + planted["repeated_rows"], planted["late_rows"])
        assert (feed, distinct, sound, late) == (feed, *expected)


def test_disturbances_are_planted_but_never_many_on_a_day(sample: Sample) -> None:
    totals = sample.truth["feeds"].values()
    assert min(sum(feed[kind] for feed in totals) for kind in ("late_rows", "repeated_rows", "malformed_lines")) > 50
    for feed in sample.truth["feeds"]:
        worst = sample.rows(f'select max(n) from (select avg((not is_sound)::int) as n from "{feed}" group by dt)')[0][
            0
        ]
        assert worst <= 0.01, feed


def test_columns_that_no_contract_knows_appear_with_a_release(sample: Sample) -> None:
    days = sorted(sample.landing.glob("events/*/*"))
    first, last = (gzip.decompress(path.read_bytes()) for path in (days[0], days[-1]))
    assert b"experiment_variant" not in first
    assert b"experiment_variant" in last


def test_a_sample_that_is_killed_midway_leaves_nothing_visible_and_can_be_run_again(
    tmp_path: Path, small: dict[str, str]
) -> None:
    landing = tmp_path / "landing"
    process = multiprocessing.get_context("spawn").Process(
        target=simulate, args=(landing, 25, 12, 3), kwargs={"report": _die_at_the_events}
    )
    process.start()
    process.join()
    assert process.exitcode == 9
    assert [path.name for path in landing.iterdir()] == [STAGE]
    assert _small(landing, seed=3) == small


def _die_at_the_events(line: str) -> None:
    if line.startswith("sample: events"):
        # no clean-up runs, as after kill -9
        os._exit(9)


@pytest.mark.parametrize(("users", "days", "seed"), [(0, 1, 1), (1, 0, 1), (1, 1, -1)])
def test_impossible_arguments_are_refused_with_what_was_expected(
    tmp_path: Path, users: int, days: int, seed: int
) -> None:
    with pytest.raises(ValueError, match=r"expected . or more, found"):
        simulate(tmp_path / "landing", users, days, seed)


def test_one_user_on_one_day_is_a_sample_too(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "landing", users=1, days=1, seed=1, report=lambda line: None)
    assert summary.feeds["users"].rows == 1
    assert summary.feeds["refunds"].rows <= 1
