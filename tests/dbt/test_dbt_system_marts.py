"""The marts of platform and security of the scenario `sound` (New York, as of 2024-03-14), worked out by hand.

The reporting day begins at 05:00 UTC until 2024-03-10 and at 04:00 UTC after the clock change of that night.
"""

from __future__ import annotations

import pytest

EXPECTED = {
    # 100 and 3,000 ms, one of them a failure that missed the cache; at 5 h a refusal, and a check without a duration.
    "platform.api_performance_hourly": [
        ("2024-03-10 04:00:00", "pay", "POST", "/v1/payments", 2, 0, 1, 0.5, 100, 3000, 3000, 1550, 0.5, 10),
        ("2024-03-10 05:00:00", "pay", "GET", "/v1/health", 1, 0, 0, 0, None, None, None, None, None, None),
        ("2024-03-10 05:00:00", "pay", "POST", "/v1/payments", 1, 1, 0, 0, 50, 50, 50, 50, None, 5),
    ],
    # Two seconds and 99 of 100 are asked of a payment; what the caller did wrong is no failure of the path.
    "platform.critical_paths_hourly": [
        ("2024-03-10 04:00:00", "payment_processing", 2, 1, 0.5, 3000, False),
        ("2024-03-10 05:00:00", "payment_processing", 1, 0, 1, 50, True),
    ],
    # 1,800 requests in as many seconds are one a second; 75 minutes later nobody knows what the counter did meanwhile.
    "platform.infrastructure_hourly": [
        ("2024-03-10 10:00:00", "prom", "host", "web-1", "cpu_utilization", 2, 80, 90, 90, 80, True),
        ("2024-03-10 10:00:00", "prom", "host", "web-1", "requests_total", 2, 1, 1, 1, None, False),
        ("2024-03-10 11:00:00", "prom", "host", "web-1", "requests_total", 1, None, None, None, None, False),
        ("2024-03-10 15:00:00", "prom", "host", "web-1", "cpu_utilization", 1, 85, 85, 85, 80, True),
    ],
    # Nothing was measured between the two, so they are two states.
    "platform.infrastructure_breaches": [
        ("prom", "host", "web-1", "cpu_utilization", 80, 1, 85, False, "2024-03-10 15:00:00", "2024-03-10 16:00:00"),
        ("prom", "host", "web-1", "cpu_utilization", 80, 1, 90, False, "2024-03-10 10:00:00", "2024-03-10 11:00:00"),
    ],
    # By its clock a child began 50 ms, and an hour, before its parent: the 50 ms that they share are not the parent's
    # own. A span whose parent is gone counts as a root, 150 of 200 ms. A trace goes on across midnight.
    "platform.traces_hourly": [
        ("2024-03-10 11:00:00", "db", "query", 1, 0, 1, 100, 1),
        ("2024-03-10 12:00:00", "pay", "handle", 1, 1, 0, 100, 0.25),
        ("2024-03-10 12:00:00", "pay", "refund", 1, 0, 0, 150, 0.75),
        ("2024-03-11 03:00:00", "pay", "handle", 1, 0, 0, 300, 1),
        ("2024-03-11 04:00:00", "db", "query", 1, 0, 0, 100, 1),
    ],
    # One second before midnight is the day before.
    "platform.log_patterns_daily": [
        ("2024-03-11", "pay", "info", "took <number> ms", 1),
        ("2024-03-12", "pay", "error", "refused by <address>", 1),
        ("2024-03-12", "pay", "info", "took <number> ms", 2),
    ],
    # Ten failures, five on either side of midnight, so that the source attacks on both days.
    "security.authentication_daily": [
        ("2024-03-10", 5, 5, 1, 1, 1, 1),
        ("2024-03-11", 6, 5, 5 / 6, 1, 1, 1),
        ("2024-03-13", 2, 0, 0, 1, 1, 0),
    ],
    "security.data_access_daily": [("2024-03-13", "eve", "user_profile", 1, 1, 0, 2)],
}
# The tenth failure breaks the rules on brute force, the login a minute later is a success after failures. Cyd's country
# XX is none, so nobody travelled. After a day of quiet a violation is over: of those here, Bob's alone may still go on.
VIOLATIONS = [
    ("brute_force_source", "source A", "2024-03-11 04:04:00", "10 events: s00 to s09", "closed"),
    ("brute_force_user", "user ann", "2024-03-11 04:04:00", "10 events: s00 to s09", "closed"),
    ("export_without_purpose", "actor eve", "2024-03-13 13:00:00", "1 event: x1", "closed"),
    ("privilege_change", "user bob", "2024-03-14 12:00:00", "1 event: s13", "open"),
    ("success_after_failures", "source A", "2024-03-11 04:05:00", "11 events: s00 to s10", "closed"),
    ("success_after_failures", "user ann", "2024-03-11 04:05:00", "11 events: s00 to s10", "closed"),
]


@pytest.mark.parametrize("table", EXPECTED)
def test_a_mart_equals_the_hand_calculation(sound, table):
    found = [tuple(map(_plain, row)) for row in sound.rows(f"select * from {table} order by all")]

    assert found == [tuple(map(_about, row)) for row in EXPECTED[table]]


def test_violations_equal_the_hand_calculation(sound):
    found = sound.rows("""
        select rule, subject, detected_at::varchar, evidence, status from security.compliance_violations order by all
    """)

    assert found == VIOLATIONS


def _plain(cell: object) -> object:
    return cell if cell is None or isinstance(cell, bool | int | float | str) else str(cell)


def _about(cell: object) -> object:
    return pytest.approx(cell) if isinstance(cell, float) else cell
