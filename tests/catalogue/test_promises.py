"""Every promise is proven by tests that exist, and the page says all of it."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from dagster_project.catalogue.pages import promises_page
from dagster_project.catalogue.promises import promises, storms

ROOT = Path(__file__).parents[2]


def test_every_test_that_proves_a_promise_exists() -> None:
    missing = []
    for promise in promises():
        assert promise.tests and promise.limits, promise.promise
        for test in promise.tests:
            file, _, name = test.partition("::")
            code = (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).exists() else ""
            missing += [] if re.search(rf"^def {name}\(", code, re.MULTILINE) else [test]
    assert missing == []


def test_the_page_says_what_is_promised_and_what_is_not() -> None:
    page = promises_page()

    assert [one for one in promises() if escape(one.promise) not in page or escape(one.limits) not in page] == []


def test_the_page_has_the_figures_of_the_last_long_run_of_each_kind() -> None:
    page, runs = promises_page(), storms()

    assert {"faults", "storms"} <= {run.name for run in runs} <= {"faults", "histories", "storms"}
    for run in runs:
        assert (run.failed, f"<td>{run.passed}</td><td>0</td>" in page, f"<td>{run.ended_on}</td>" in page) == (0, 1, 1)
