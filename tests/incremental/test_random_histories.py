"""Whatever is delivered in whatever order and cut into whatever nights: the tables are those of one load of all.

`make histories` tries many more histories than a test run can afford.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from dagster_project.settings import Reporting
from tests.incremental.histories import EXAMPLES, TRIES_MANY, History, histories
from tests.incremental.nights import Nights, differences

# Those that histories are of, and what tells of deliveries.
DOMAINS = ("product", "finance", "ops")
REPORTING = Reporting(reporting_timezone="America/New_York", mau_window_days=10)


@settings(
    max_examples=EXAMPLES,
    derandomize=not TRIES_MANY,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # an example takes half a minute: none to spare for a smaller one
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
@given(history=histories())
def test_nights_in_any_order_give_the_tables_of_one_load(
    history: History, record_property: Callable[[str, object], None]
) -> None:
    record_property("histories", 1)
    with tempfile.TemporaryDirectory() as folder:
        nightly, at_once = (Nights(Path(folder) / name, REPORTING, DOMAINS) for name in ("nightly", "at_once"))
        for files, as_of in zip(history.nights, history.as_of, strict=True):
            nightly.deliver(files)
            nightly.run(as_of)
        at_once.deliver(history.final)
        at_once.run(history.as_of[-1])
        assert differences(nightly, at_once) == {}
