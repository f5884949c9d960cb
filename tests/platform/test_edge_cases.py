"""What is absurd in the feeds of a system's own health is in quarantine, what is merely odd is loaded.

Clock skew between spans, spans without parent, traces across midnight and gaps in series, which are loaded like any
row, are worked out by hand in tests/dbt/test_dbt_system_marts.py and tests/incremental/test_platform_nights.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.homes import Home

AT = "2024-03-01T10:00:00Z"
REQUEST = {"started_at": AT, "service": "pay", "method": "GET", "route": "/v1/bills", "status_code": 200}
SPAN = {"trace_id": "t", "service": "pay", "operation": "handle", "started_at": AT, "duration_ms": 1}
SAMPLE = {"source": "prom", "resource_id": "web-1", "resource_type": "host", "metric": "cpu", "sampled_at": AT}
LOGIN = {"occurred_at": AT, "event_type": "login", "outcome": "failure"}
MESSAGE = "took 5 ms " * 100_000

# request -> what differs from an ordinary one, and why it is in quarantine, None where it is loaded
REQUESTS: dict[str, tuple[dict, str | None]] = {
    "informational": ({"status_code": 100}, None),
    "the last status": ({"status_code": 599}, None),
    "no status": ({"status_code": 0}, "status_code is below 100"),
    "below all": ({"status_code": 99}, "status_code is below 100"),
    "above all": ({"status_code": 600}, "status_code is above 599"),
    "negative status": ({"status_code": -200}, "status_code is below 100"),
    "a word for a status": ({"status_code": "teapot"}, "status_code is no bigint"),
    "at once": ({"duration_ms": 0}, None),
    "a whole day": ({"duration_ms": 86_400_000}, None),
    "more than a day": ({"duration_ms": 86_400_000.5}, "duration_ms is above 86400000"),
    "negative": ({"duration_ms": -0.001}, "duration_ms is below 0"),
    "the age of the universe": ({"duration_ms": 1e300}, "duration_ms is above 86400000"),
    "infinite": ({"duration_ms": "inf"}, "duration_ms is no double"),
    "no number": ({"duration_ms": "NaN"}, "duration_ms is no double"),
    "negative size": ({"bytes_sent": -1}, "bytes_sent is below 0"),
    "on the next day": ({"started_at": "2024-03-02T23:59:59Z"}, None),
    "two days ahead": (
        {"started_at": "2024-03-03T00:00:01Z"},
        "started_at is more than 24 hours after its delivery day",
    ),
    "years ago": ({"started_at": "1999-12-31T23:59:59Z"}, None),
}
SPANS: dict[str, tuple[dict, str | None]] = {
    "its own parent": ({"parent_span_id": "its own parent"}, None),
    "an orphan": ({"parent_span_id": "gone"}, None),
    "endless": ({"duration_ms": 86_400_001}, "duration_ms is above 86400000"),
    "backwards": ({"duration_ms": -5}, "duration_ms is below 0"),
    "without a duration": ({"duration_ms": None}, "duration_ms is missing"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """All of it in one delivery a feed; the samples and logins come a second time in other words."""
    home = Home(Path(tmp_path_factory.mktemp("home")))
    sample, login = {**SAMPLE, "value": 50}, {**LOGIN, "ip": "2001:db8::8a2e:370:7334"}
    feeds = {
        "api_requests": [{**REQUEST, "request_id": name, **odd} for name, (odd, _) in REQUESTS.items()],
        "trace_spans": [{**SPAN, "span_id": name, **odd} for name, (odd, _) in SPANS.items()],
        "metric_samples": [sample, sample, {**sample, "value": 99}, {**sample, "labels": {"core": 1}}],
        "security_events": [
            {**login, "security_event_id": "s1"},
            {**login, "security_event_id": "s2"},
            {**login, "security_event_id": "s3", "ip": "::ffff:203.0.113.9"},
        ],
        "app_logs": [{"log_id": "l", "logged_at": AT, "service": "pay", "level": "info", "message": MESSAGE}],
    }
    for feed, rows in feeds.items():
        home.deliver(feed, "2024-03-01", "a.ndjson", rows)
    home.load()
    return home


@pytest.mark.parametrize(
    ("feed", "key", "rows"), [("api_requests", "request_id", REQUESTS), ("trace_spans", "span_id", SPANS)]
)
def test_absurd_rows_are_quarantined_with_their_reason_and_odd_ones_loaded(
    home: Home, feed: str, key: str, rows: dict[str, tuple[dict, str | None]]
) -> None:
    loaded = {name for (name,) in home.query(f"select {key} from raw.{feed}")}
    reasons = dict(
        home.query(f"select json_extract_string(raw_text, '{key}'), reason from load.quarantine where feed = '{feed}'")
    )

    assert loaded == {name for name, (_, reason) in rows.items() if reason is None}
    assert reasons == {name: reason for name, (_, reason) in rows.items() if reason is not None}


def test_of_a_sample_that_comes_again_the_first_counts_and_another_series_is_no_duplicate(home: Home) -> None:
    ledger = "select lines, loaded, duplicates, conflicts from load.deliveries where feed = 'metric_samples'"

    assert home.query("select value from raw.metric_samples order by labels nulls first") == [(50,), (50,)]
    assert home.query(ledger) == [(4, 2, 2, 1)]


def test_sources_by_ipv6_are_told_apart_and_not_shown(home: Home) -> None:
    sources = home.query("select ip, count(*) from raw.security_events group by ip order by 2")

    assert [(len(source), logins) for source, logins in sources] == [(64, 1), (64, 2)]


def test_a_message_of_a_megabyte_is_loaded_whole(home: Home) -> None:
    assert home.query("select message from raw.app_logs") == [(MESSAGE,)]
