"""After an erasure the models say what they would say had the person never been delivered."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from dagster_project.privacy.erase import erase
from dagster_project.simulator import simulate
from tests.incremental.nights import Nights, differences
from tests.privacy.people import found_in

USERS, DAYS, SEED, START, END = 25, 12, 11, date(2024, 3, 1), date(2024, 3, 12)


def test_marts_are_those_of_a_home_that_never_knew_the_person(tmp_path: Path) -> None:
    home = Nights(tmp_path / "home")
    simulate(home.settings.landing, USERS, DAYS, SEED, START)
    home.run(END)
    ((user_id,),) = home.query(
        "select user_id from raw.payments where user_id is not null group by 1 order by count(*) desc, 1 limit 1"
    )

    receipt = erase(home.settings, user_id, report=lambda message: None)

    assert receipt.left == []
    assert found_in(home.settings.home, [user_id]) == []
    assert home.query("select is_complete, is_full from load.progress") == [(True, False)]
    fresh = Nights(tmp_path / "fresh")
    shutil.copytree(home.settings.landing, fresh.settings.landing)
    fresh.run(END)
    assert differences(home, fresh) == {}
