"""The simulated system taken in night by night, and all at once."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import pytest

from dagster_project.simulator import simulate
from tests.incremental.nights import Nights

USERS, DAYS, SEED, START = 60, 75, 11, date(2024, 1, 20)
CUTS = (40, 59, 60, 75)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Nights, Nights]:
    """A home that took the sample in at the ends of the days `CUTS`, in portions, and one that took it in at once."""
    at_once = Nights(tmp_path_factory.mktemp("at_once"))
    simulate(at_once.settings.landing, USERS, DAYS, SEED, START)
    nightly = Nights(tmp_path_factory.mktemp("nightly"), rows_of_a_portion=500)
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
        shutil.copytree(folder, target.settings.landing / folder.parent.name / folder.name)
