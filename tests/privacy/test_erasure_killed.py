"""An erasure that is killed at any moment, with a night's load in between, is completed by running it again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

from dagster_project.privacy.erase import erase
from dagster_project.privacy.landing_zone import DRAFT
from dagster_project.privacy.receipt import Receipt
from tests.privacy.people import ANNA, HERS, found_in
from tests.privacy.test_erasure import loaded
from tests.warehouse.homes import Home

KILLS, LONGEST_SECONDS = 4, 6.0


def start(home: Home) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(home.settings.home), "erase", "--user", ANNA]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_an_erasure_killed_at_any_moment_is_completed_by_the_next(
    home: Home, erased_once: tuple[Home, Receipt]
) -> None:
    undisturbed, _ = erased_once
    day = next(home.settings.landing.glob("*/dt=*"))
    (day / f".of-an-earlier-one.ndjson{DRAFT}").write_text("{", encoding="utf-8")
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    for _ in range(KILLS):
        process = start(home)
        time.sleep(moments.uniform(0.5, LONGEST_SECONDS))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if moments.random() < 0.5:
            home.load()

    completed = erase(home.settings, ANNA, report=lambda message: None)

    assert completed.left == [], f"seed {seed}"
    assert found_in(home.settings.home, HERS) == [], f"seed {seed}"
    assert loaded(home) == loaded(undisturbed), f"seed {seed}"
    assert not list(home.settings.home.rglob("*.tmp")), f"seed {seed}"
    home.load()
    assert loaded(home) == loaded(undisturbed), f"seed {seed}"
