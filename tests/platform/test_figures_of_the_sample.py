"""The tables of platform and security over the simulated sample, cell by cell against a slow computation."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import Reporting
from dagster_project.simulator import simulate
from tests.incremental.nights import Nights
from tests.platform import slow
from tests.security import slow as slow_security

USERS, DAYS, SEED, START = 120, 45, 5, date(2024, 2, 20)
# The clocks are put forward in New York on 2024-03-10; Kolkata is off by half an hour. One is computed in portions.
ZONES = {"America/New_York": 500, "Asia/Kolkata": None}


@pytest.fixture(scope="module", params=ZONES)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    reporting, folder = Reporting(reporting_timezone=request.param), tmp_path_factory.mktemp("sample")
    nights = Nights(folder, reporting, {"platform", "security"}, ZONES[request.param])
    simulate(nights.settings.landing, USERS, DAYS, SEED, START)
    nights.run(START + timedelta(days=DAYS))  # one day more, so that the last day of every zone is over
    return nights


def rows_of(home: Nights, feed: str) -> list[slow.Row]:
    """The rows of a feed as they were loaded, as dictionaries."""
    with duckdb.connect(str(home.settings.candidate), read_only=True) as connection:
        result = connection.execute(f"select * from raw.{feed}")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def published(home: Nights, table: str, key: int) -> slow.Figures:
    """A published table by its key, the first `key` columns."""
    return {row[:key]: row[key:] for row in home.query(f"select * from {table}")}


def differing(found: slow.Figures, expected: slow.Figures) -> list[tuple]:
    """Keys of only one side, and cells that are not equal but for the last bits of a double."""
    missing = [(key, found.get(key), expected.get(key)) for key in found.keys() ^ expected.keys()]
    return missing + [
        (key, found[key], expected[key])
        for key in found.keys() & expected.keys()
        if not all(_is_equal(*cells) for cells in zip(found[key], expected[key], strict=True))
    ]


def _is_equal(found: object, expected: object) -> bool:
    if isinstance(expected, float):
        return found is not None and math.isclose(float(found), expected, rel_tol=1e-9, abs_tol=1e-9)
    return found == expected


ZONED = {"web_vitals", "errors", "integrations"}
PLATFORM: list[tuple[str, int, str, Callable]] = [
    ("api_performance_hourly", 4, "api_requests", slow.api_performance),
    ("critical_paths_hourly", 2, "api_requests", slow.critical_paths),
    ("web_vitals_daily", 4, "web_vitals", slow.web_vitals),
    ("infrastructure_hourly", 5, "metric_samples", slow.infrastructure),
    ("errors_daily", 3, "client_errors", slow.errors),
    ("traces_hourly", 3, "trace_spans", slow.traces),
    ("logs_hourly", 3, "app_logs", slow.logs),
    ("integrations_daily", 2, "integration_status", slow.integrations),
]
SECURITY: list[tuple[str, int, str, Callable]] = [
    ("authentication_daily", 1, "security_events", slow_security.authentication),
    ("authorization_failures_daily", 2, "security_events", slow_security.authorization_failures),
    ("events_daily", 3, "security_events", slow_security.events_per_day),
    ("data_access_daily", 3, "audit_log", slow_security.data_access),
]


@pytest.mark.parametrize(("table", "key", "feed", "compute"), PLATFORM, ids=[table for table, *_ in PLATFORM])
def test_platform_tables_equal_a_slow_computation(home, table, key, feed, compute):
    zone = [home.settings.reporting.reporting_timezone] if compute.__name__ in ZONED else []
    expected = compute(rows_of(home, feed), *zone)

    assert expected
    assert differing(published(home, f"platform.{table}", key), expected) == []


@pytest.mark.parametrize(("table", "key", "feed", "compute"), SECURITY, ids=[table for table, *_ in SECURITY])
def test_security_tables_equal_a_slow_computation(home, table, key, feed, compute):
    expected = compute(rows_of(home, feed), home.settings.reporting.reporting_timezone)

    assert expected
    assert differing(published(home, f"security.{table}", key), expected) == []


def test_violations_equal_a_slow_computation(home):
    found = home.query(
        "select rule, subject, min(detected_at), count(*) from security.compliance_violations group by all"
    )
    expected = slow_security.violations(rows_of(home, "security_events"), rows_of(home, "audit_log"))

    assert len({rule for rule, *_ in expected}) >= 4
    assert {(rule, subject): figures for rule, subject, *figures in found} == {
        key: list(figures) for key, figures in expected.items()
    }


def test_breaches_are_the_incidents_that_were_planted(home):
    truth = (Path(home.settings.home) / "sample_truth.json").read_text(encoding="utf-8")
    found = home.query("select distinct resource_id, metric from platform.infrastructure_breaches")

    for resource, metric in found:
        assert f'"resource": "{resource}"' in truth, metric
    assert found
