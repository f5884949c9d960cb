"""Nights that are killed, starved, crowded and lied to: readers keep a whole release, and the next night makes it good.

After each fault, the next undisturbed night ends with exactly the tables, ledger and quarantine of one that nothing
ever disturbed. `make faults` tries hundreds of moments, a test run a few.
"""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse.build import transform
from dagster_project.warehouse.build.changes import Days
from dagster_project.warehouse.gate import judge as gate
from dagster_project.warehouse.load import feeds as load
from dagster_project.warehouse.load import ledger
from dagster_project.warehouse.release import files as release_files
from dagster_project.warehouse.release import releases as release
from tests.storms.ground import (
    AS_OF,
    START,
    Ground,
    assert_as_undisturbed,
    assert_whole,
    ended,
    forked,
    kill_here,
    night,
    silent,
    write,
)
from tests.warehouse import toys

FAULTS = int(os.environ.get("WAREHOUSE_FAULTS", "1"))
SEED = int(os.environ.get("WAREHOUSE_STORM_SEED", "1"))
IS_SHORT = "WAREHOUSE_FAULTS" not in os.environ

# Where a night is cut off: in this module, before or after the call of this function.
Moment = tuple[ModuleType, str, str]
MOMENTS: list[Moment] = [
    (load, "_load_batch", "after"),
    (load, "_settle", "before"),
    (load, "_load_feed", "after"),
    (ledger, "write_problems", "after"),
    (transform, "begin_build", "before"),
    (transform, "begin_build", "after"),
    (transform, "run_dbt", "after"),
    (transform, "complete_build", "after"),
    (gate, "write_verdict", "before"),
    (gate, "write_verdict", "after"),
    (release, "copy_table", "after"),
    (release, "verify", "before"),
    (release_files, "seal", "before"),
    (release_files, "seal", "after"),
    (release_files, "point_to", "after"),
    (release_files, "prune", "after"),
]
IN_A_TEST_RUN = [MOMENTS[number] for number in (1, 2, 5, 6, 13)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as patched:
        yield Ground(tmp_path_factory.mktemp("ground"), patched)


@pytest.fixture
def home(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Settings]:
    settings = ground.home(request.node.name)
    yield settings
    shutil.rmtree(settings.home)


def interrupted_night(settings: Settings, moment: Moment) -> None:
    """A night that is cut off at a moment; it runs in a child, whose modules may be changed."""
    module, name, when = moment
    call = getattr(module, name)
    setattr(module, name, kill_here if when == "before" else lambda *args, **kw: (call(*args, **kw), kill_here()))
    night(settings)


def test_cut_off_between_any_two_steps_the_next_night_completes(ground: Ground, home: Settings) -> None:
    # one after the other on one home, each night getting as far as its moment
    for moment in IN_A_TEST_RUN if IS_SHORT else MOMENTS:
        assert ended(forked(partial(interrupted_night, home, moment))) == -9, moment
        assert_whole(ground, home)
    assert ended(forked(partial(night, home))) == 0
    assert_as_undisturbed(ground, home)


@pytest.mark.skipif(IS_SHORT, reason="the moments one after the other are tested above; apart they take minutes")
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[2]} {moment[1]}")
def test_cut_off_once_between_two_steps_the_next_night_completes(
    ground: Ground, home: Settings, moment: Moment
) -> None:
    assert ended(forked(partial(interrupted_night, home, moment))) == -9
    assert_whole(ground, home)
    assert ended(forked(partial(night, home))) == 0
    assert_as_undisturbed(ground, home)


def little_disk(random: Random) -> None:
    """No file may grow beyond a random size, as on a disk that is full."""
    limit = random.randrange(4_096, 8_000_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def little_memory(random: Random) -> None:
    """No more than a random amount of memory beyond what the process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + random.randrange(20_000_000, 900_000_000)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def another_clock(random: Random) -> None:
    """The clock jumps by up to ten years, back or forth, whenever it is read."""
    now = release._utc_now
    release._utc_now = lambda: now() + timedelta(days=random.randrange(-3_650, 3_650))


def nothing(random: Random) -> None:
    pass


HARDSHIPS = [nothing, nothing, nothing, little_disk, little_disk, little_memory, another_clock]


@pytest.mark.skipif(IS_SHORT, reason="of the storm; that a killed night is completed is tested above")
@pytest.mark.parametrize("number", range(FAULTS))
def test_killed_at_random_moments_under_hardship_the_next_night_completes(
    ground: Ground, home: Settings, number: int, record_property: Callable[[str, object], None]
) -> None:
    random = Random(f"{SEED}-{number}")
    nights = 1 if IS_SHORT else random.choice((1, 1, 2, 4))
    record_property("disturbed nights", nights)
    for _ in range(nights):
        hardship, seed = random.choice(HARDSHIPS), random.random()
        child = forked(lambda hardship=hardship, seed=seed: (hardship(Random(seed)), night(home)))
        _kill_after(random.uniform(0, 1.2) * ground.seconds, child)
        assert_whole(ground, home)
    assert ended(forked(partial(night, home))) == 0
    assert_as_undisturbed(ground, home)


def _kill_after(seconds: float, child: int) -> None:
    """Kill the child if it has not ended by then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.01)
    else:
        os.kill(child, 9)
    ended(child)


def backfill(settings: Settings) -> None:
    """The steps of a backfill of the first half."""
    load.load(settings, silent)
    days = Days(START, START + timedelta(days=15))
    results = transform.build_models(settings, AS_OF, silent, days)
    gate.run_gate(settings, AS_OF, results, silent)
    release.publish(settings, silent)


def locked(action: Callable[[Settings], object], settings: Settings) -> None:
    """As a run of the job does it: all steps under one lock."""
    with load.writer_lock(settings, silent):
        action(settings)


def test_two_nights_a_backfill_and_a_rollback_started_together_end_well(ground: Ground, home: Settings) -> None:
    crowd = (night, night, backfill, release.rollback)
    children = [forked(partial(locked, action, home)) for action in crowd]
    # a rollback that comes before there are two releases is refused, and says so
    assert [ended(child) for child in children][:3] == [0, 0, 0]
    assert_whole(ground, home)
    assert ended(forked(partial(night, home))) == 0
    assert_as_undisturbed(ground, home)


def test_files_that_appear_change_and_vanish_meanwhile_are_taken_in_in_the_end(ground: Ground, home: Settings) -> None:
    restless = forked(partial(_restless, ground, home, Random(SEED)))
    for _ in range(1 if IS_SHORT else 6):
        assert ended(forked(partial(night, home))) == 0
    os.kill(restless, 9)
    ended(restless)
    for leftover in home.landing.glob("*/*/_*"):
        leftover.unlink()
    ground.land_second(home)
    assert ended(forked(partial(night, home))) == 0
    assert_as_undisturbed(ground, home)


def _restless(ground: Ground, settings: Settings, random: Random) -> None:
    """A source that goes on rewriting its newest files, whole, cut, in place, or not at all."""
    files = {file: file.read_bytes() for file in ground.land_second(settings)}
    while True:
        file, content = random.choice(list(files.items()))
        match random.randrange(4):
            case 0:
                file.unlink(missing_ok=True)
            case 1:
                write(file, content[: random.randrange(len(content))])
            case 2:
                file.write_bytes(content[: random.randrange(len(content))])
            case _:
                write(file, content)
        time.sleep(0.001)


def test_ids_of_releases_grow_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = toys.make_settings(tmp_path / "home")
    years = (2026, 2025, 2031, 1999, 2031)
    for version, year in enumerate(years):
        monkeypatch.setattr(release, "_utc_now", lambda year=year: datetime(year, 1, 1))
        toys.night(settings, version)
        assert release.publish(settings, silent).is_current
    ids = [found.release_id for found in release.list_releases(settings)]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == len(years)
