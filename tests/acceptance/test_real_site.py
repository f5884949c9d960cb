"""A whole night on a real access log and real metric series, which arrive together."""

import gzip
import statistics
from collections import defaultdict
from datetime import datetime

import pytest

from tests.acceptance.homes import Warehouse


@pytest.fixture(scope="module")
def site(real_home) -> Warehouse:
    warehouse = real_home("web_access_log", "cloudwatch_metrics")
    warehouse.nightly()
    return warehouse


@pytest.mark.parametrize(
    ("feed", "key"),
    [
        ("api_requests", ("request_id",)),
        ("metric_samples", ("source", "resource_id", "metric", "sampled_at", "labels")),
    ],
)
def test_a_log_and_a_metric_series_load_in_full(site: Warehouse, feed: str, key: tuple[str, ...]) -> None:
    lines = {}
    for file in (site.home / "landing" / feed).glob("dt=*/*.ndjson.gz"):
        with gzip.open(file, "rb") as content:
            lines[file.parent.name.removeprefix("dt="), file.name] = sum(1 for _ in content)
    ledger = site.query(f"""
        select dt::varchar, file, lines, loaded + duplicates + quarantined, quarantined from ops.feed_deliveries
        where feed = '{feed}'
    """)
    assert {(dt, file): count for dt, file, count, _, _ in ledger} == lines
    assert all(count == accounted and broken == 0 for _, _, count, accounted, broken in ledger)
    keys = {tuple(str(row.get(column)) for column in key) for row in site.delivered(feed)}
    assert site.candidate(f"select count(*) from raw.{feed}") == [(len(keys),)]


def test_no_clear_address_of_the_web_log_is_anywhere_but_in_the_landing_zone(site: Warehouse) -> None:
    addresses = {row["ip"].encode() for row in site.delivered("api_requests")}
    assert addresses
    for file in site.home.rglob("*"):
        if file.is_file() and "landing" not in file.parts:
            content = file.read_bytes()
            assert not any(address in content for address in addresses), file


def hour(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:00}"


def test_the_web_logs_requests_errors_and_bytes_are_those_of_its_lines(site: Warehouse) -> None:
    expected: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for request in {row["request_id"]: row for row in site.delivered("api_requests")}.values():
        figures = expected[hour(request["started_at"]), request["method"], request["route"]]
        figures[0] += 1
        figures[1] += request["status_code"] // 100 == 4
        figures[2] += request["status_code"] // 100 == 5
        figures[3] += request.get("bytes_sent") or 0
    published = site.query("""
        select strftime(hour, '%Y-%m-%d %H:00'), method, route, requests, errors_4xx, errors_5xx,
            coalesce(bytes_sent, 0)
        from platform.api_performance_hourly
    """)
    assert {(at, method, route): figures for at, method, route, *figures in published} == expected
    assert sum(figures[0] for figures in expected.values()) == 10_000


def test_a_web_log_without_durations_has_no_percentiles_and_no_critical_path(site: Warehouse) -> None:
    assert site.query("select count(p95_ms), count(avg_ms) from platform.api_performance_hourly") == [(0, 0)]
    assert site.query("select count(*) from platform.critical_paths_hourly") == [(0,)]


def test_the_metrics_hours_are_those_of_their_samples(site: Warehouse) -> None:
    expected: dict[tuple, list[float]] = defaultdict(list)
    once = {(row["metric"], row["sampled_at"]): row for row in reversed(list(site.delivered("metric_samples")))}
    for sample in once.values():  # the first delivery of a sample stands
        expected[hour(sample["sampled_at"]), sample["metric"]].append(sample["value"])
    published = site.query("""
        select strftime(hour, '%Y-%m-%d %H:00'), metric, samples, avg_value, max_value
        from platform.infrastructure_hourly
    """)
    assert {(at, metric): (count, highest) for at, metric, count, _, highest in published} == {
        key: (len(values), max(values)) for key, values in expected.items()
    }
    for at, metric, _, mean, _ in published:
        assert mean == pytest.approx(statistics.fmean(expected[at, metric]), rel=1e-9)


def test_a_processor_is_known_as_one_whatever_its_metric_is_called(site: Warehouse) -> None:
    thresholds = dict(site.query("select distinct metric, threshold from platform.infrastructure_hourly"))
    assert {metric for metric, threshold in thresholds.items() if threshold == 80} == {
        metric for metric in thresholds if "cpu_utilization" in metric
    }
    assert {threshold for threshold in thresholds.values()} == {80, None}
    assert site.query("select count(*) from platform.infrastructure_breaches") == [(0,)]  # the highest CPU is 25 %
