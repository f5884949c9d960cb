"""The simulated system delivers late, repeats and corrects: night by night it gives what one load of all gives."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import pytest

from dagster_project.simulator import simulate
from tests.incremental.nights import Nights, differences

USERS, DAYS, SEED, START = 60, 75, 11, date(2024, 1, 20)
CUTS = (40, 58, 59, 60, 66, 75)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Nights, Nights]:
    """A home that took the sample in at the ends of the days `CUTS`, and one that took in all of it at once."""
    at_once = Nights(tmp_path_factory.mktemp("at_once"))
    simulate(at_once.settings.landing, USERS, DAYS, SEED, START)
    nightly = Nights(tmp_path_factory.mktemp("nightly"))
    taken_in = 0
    for cut in CUTS:
        for day in range(taken_in, cut):
            _hand_over(START + timedelta(days=day), at_once, nightly)
        taken_in = cut
        nightly.run(START + timedelta(days=cut - 1))
    at_once.run(START + timedelta(days=DAYS - 1))
    return nightly, at_once


def _hand_over(day: date, source: Nights, target: Nights) -> None:
    for folder in source.settings.landing.glob(f"*/dt={day}"):
        goal = target.settings.landing / folder.parent.name / folder.name
        shutil.copytree(folder, goal)


def test_every_published_table_is_equal_cell_by_cell(homes: tuple[Nights, Nights]) -> None:
    assert differences(*homes) == {}


def test_the_tables_that_are_compared_are_filled(homes: tuple[Nights, Nights]) -> None:
    nightly, _ = homes
    empty = [table for table in nightly.tables() if nightly.query(f"select count(*) from {table}") == [(0,)]]
    assert empty == []


def test_the_nights_took_in_only_what_changed(homes: tuple[Nights, Nights]) -> None:
    nightly, at_once = homes
    assert nightly.query("select count(*) > 0 from changed.payments") == [(True,)]
    assert at_once.query("select count(*) from changed.payments") == [(0,)]
    total = nightly.query("select count(*) from raw.payments")
    assert nightly.query("select count(*) from changed.payments") < total
