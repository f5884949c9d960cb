"""A pytest plugin that keeps the figures of the long runs for the page of promises.

`pytest -p tests.storms.record --storm faults …` writes, when the run ends, what became of its tests, and the sums of
what they counted by `record_property`, into `tests/storms/figures.yml`.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
import yaml

from dagster_project.catalogue.promises import STORMS_FILE


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--storm", required=True, help="under which name the figures of this run are kept")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a process of pytest-xdist, whose reports reach the one that started it
        config.pluginmanager.register(_Record(config.getoption("--storm")))


class _Record:
    def __init__(self, storm: str) -> None:
        self._storm = storm
        self._started = time.monotonic()
        self._outcomes: Counter[str] = Counter(passed=0, failed=0)
        self._counted: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            self._outcomes[report.outcome] += 1
        if report.when == "call":
            for name, count in report.user_properties:
                self._counted[name] += int(str(count))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):  # broken off
            return
        known = yaml.safe_load(STORMS_FILE.read_text(encoding="utf-8")) if STORMS_FILE.exists() else {}
        known[self._storm] = {
            "ended_on": datetime.now(UTC).date(),
            "minutes": round((time.monotonic() - self._started) / 60),
            "passed": self._outcomes["passed"],
            "failed": self._outcomes["failed"],
            "counted": dict(self._counted),
        }
        STORMS_FILE.write_text(yaml.safe_dump(known, sort_keys=False), encoding="utf-8")
