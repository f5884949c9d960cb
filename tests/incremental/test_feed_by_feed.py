"""Some feeds a night, all of one day: what a night leaves out is as a night of everything would make it."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from dagster_project.simulator import simulate
from dagster_project.warehouse.build.results import read_build
from dagster_project.warehouse.contract import read_contracts
from tests.incremental.histories import TRIES_MANY
from tests.incremental.nights import Nights, differences

USERS, DAYS, START = 25, 40, date(2024, 2, 1)
AS_OF = START + timedelta(days=DAYS - 1)
FEEDS_A_NIGHT = 1 if TRIES_MANY else 5


@pytest.mark.parametrize("seed", range(5 if TRIES_MANY else 1))
def test_feeds_that_come_one_after_the_other_give_the_tables_of_one_load(tmp_path: Path, seed: int) -> None:
    at_once, by_feed = Nights(tmp_path / "at_once"), Nights(tmp_path / "by_feed")
    simulate(at_once.settings.landing, USERS, DAYS, 3, START, report=lambda line: None)
    at_once.run(AS_OF)
    feeds = sorted(read_contracts())
    Random(seed).shuffle(feeds)

    for first in range(0, len(feeds), FEEDS_A_NIGHT):
        for feed in feeds[first : first + FEEDS_A_NIGHT]:
            shutil.copytree(at_once.settings.landing / feed, by_feed.settings.landing / feed)
        by_feed.run(AS_OF)

    build = read_build(by_feed.settings)
    assert build and build.based_on
    assert any(result.seconds == 0 for result in build.results)
    assert differences(by_feed, at_once) == {}
