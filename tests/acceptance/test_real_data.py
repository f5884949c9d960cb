"""A whole night on real data: the invoices of a shop, an access log and metric series, against their files alone."""

from __future__ import annotations

import gzip
import re
import shutil
import statistics
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.homes import Warehouse

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "real"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One home with everything that is real, after a night; skips where there is nothing."""
    home = tmp_path_factory.mktemp("real") / "home"
    for name in ("online_retail", "web_access_log", "cloudwatch_metrics"):
        if not (REAL_DATA / name).is_dir():
            pytest.skip(f"the real data {name} is not beside this checkout")
        shutil.copytree(REAL_DATA / name, home, dirs_exist_ok=True)
        for folder in (home, *filter(Path.is_dir, home.rglob("*"))):  # the originals may be read-only
            folder.chmod(0o755)
    warehouse = Warehouse(home)
    warehouse.nightly()
    return warehouse


def test_the_shops_monthly_volume_and_counts_are_those_of_its_files_to_the_penny(real: Warehouse) -> None:
    expected: dict[str, list] = defaultdict(lambda: [0, 0, Decimal(0)])
    for payment in real.delivered("payments"):
        month = expected[payment["attempted_at"][:7]]
        month[0] += 1
        if payment["status"] == "succeeded":
            month[1] += 1
            month[2] += Decimal(payment["amount_minor"]) / 100
    published = real.query("""
        select strftime(payment_date, '%Y-%m') as month, sum(attempts)::int, sum(succeeded)::int, sum(volume)
        from finance.payments_daily where attempts > 0 group by month
    """)
    assert {month: figures for month, *figures in published} == expected
    assert sum(attempts for attempts, *_ in expected.values()) == 22_064


def test_the_shops_refunds_count_though_they_name_no_payment(real: Warehouse) -> None:
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for refund in real.delivered("refunds"):
        expected[refund["refunded_at"][:7]] += Decimal(refund["amount_minor"]) / 100
    published = real.query("""
        select strftime(payment_date, '%Y-%m') as month, sum(refunded), sum(net_volume) from finance.payments_daily
        where kind = 'unknown' and method = 'unknown' group by month
    """)
    assert {month: refunded for month, refunded, _ in published} == expected
    assert {month: -net for month, _, net in published} == expected
    assert real.query("select sum(net_volume) = sum(volume) - sum(refunded) from finance.payments_daily") == [(True,)]


def test_the_shops_registrations_are_those_of_its_files(real: Warehouse) -> None:
    expected = Counter(
        user["registered_at"][:10] for user in {u["user_id"]: u for u in real.delivered("users")}.values()
    )
    published = dict(
        real.query(
            "select registration_date::varchar, sum(registrations)::int from product.registrations_daily group by 1"
        )
    )
    assert published == expected


@pytest.mark.parametrize(
    ("feed", "key"),
    [
        ("api_requests", ("request_id",)),
        ("metric_samples", ("source", "resource_id", "metric", "sampled_at", "labels")),
    ],
)
def test_a_log_and_a_metric_series_load_in_full(real: Warehouse, feed: str, key: tuple[str, ...]) -> None:
    lines = {}
    for file in (real.home / "landing" / feed).glob("dt=*/*.ndjson.gz"):
        with gzip.open(file, "rb") as content:
            lines[file.parent.name.removeprefix("dt="), file.name] = sum(1 for _ in content)
    ledger = real.query(f"""
        select dt::varchar, file, lines, loaded + duplicates + quarantined, quarantined from ops.feed_deliveries
        where feed = '{feed}'
    """)
    assert {(dt, file): count for dt, file, count, _, _ in ledger} == lines
    assert all(count == accounted and broken == 0 for _, _, count, accounted, broken in ledger)
    keys = {tuple(str(row.get(column)) for column in key) for row in real.delivered(feed)}
    assert real.candidate(f"select count(*) from raw.{feed}") == [(len(keys),)]


def test_no_clear_address_of_the_web_log_is_anywhere_but_in_the_landing_zone(real: Warehouse) -> None:
    addresses = {row["ip"].encode() for row in real.delivered("api_requests")}
    assert addresses and all(re.fullmatch(rb"[0-9.]{7,}", address) for address in addresses)
    for file in real.home.rglob("*"):
        if file.is_file() and "landing" not in file.parts:
            figures = b" ".join(re.findall(rb"[0-9.]{7,}", file.read_bytes()))  # whatever an address could be in
            assert not any(address in figures for address in addresses), file


def hour(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:00}"


def test_the_web_logs_requests_errors_and_bytes_are_those_of_its_lines(real: Warehouse) -> None:
    expected: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for request in {row["request_id"]: row for row in real.delivered("api_requests")}.values():
        figures = expected[hour(request["started_at"]), request["method"], request["route"]]
        figures[0] += 1
        figures[1] += request["status_code"] // 100 == 4
        figures[2] += request["status_code"] // 100 == 5
        figures[3] += request.get("bytes_sent") or 0
    published = real.query("""
        select strftime(hour, '%Y-%m-%d %H:00'), method, route, requests, errors_4xx, errors_5xx,
            coalesce(bytes_sent, 0)
        from platform.api_performance_hourly
    """)
    assert {(at, method, route): figures for at, method, route, *figures in published} == expected
    assert sum(figures[0] for figures in expected.values()) == 10_000


def test_a_web_log_without_durations_has_no_percentiles_and_no_critical_path(real: Warehouse) -> None:
    assert real.query("select count(p95_ms), count(avg_ms) from platform.api_performance_hourly") == [(0, 0)]
    assert real.query("select count(*) from platform.critical_paths_hourly") == [(0,)]


def test_the_metrics_hours_are_those_of_their_samples(real: Warehouse) -> None:
    expected: dict[tuple, list[float]] = defaultdict(list)
    once = {(row["metric"], row["sampled_at"]): row for row in reversed(list(real.delivered("metric_samples")))}
    for sample in once.values():  # the first delivery of a sample stands
        expected[hour(sample["sampled_at"]), sample["metric"]].append(sample["value"])
    published = real.query("""
        select strftime(hour, '%Y-%m-%d %H:00'), metric, samples, avg_value, max_value
        from platform.infrastructure_hourly
    """)
    assert {(at, metric): (count, highest) for at, metric, count, _, highest in published} == {
        key: (len(values), max(values)) for key, values in expected.items()
    }
    for at, metric, _, mean, _ in published:
        assert mean == pytest.approx(statistics.fmean(expected[at, metric]), rel=1e-9)


def test_a_processor_is_known_as_one_whatever_its_metric_is_called(real: Warehouse) -> None:
    thresholds = dict(real.query("select distinct metric, threshold from platform.infrastructure_hourly"))
    assert {metric for metric, threshold in thresholds.items() if threshold == 80} == {
        metric for metric in thresholds if "cpu_utilization" in metric
    }
    assert {threshold for threshold in thresholds.values()} == {80, None}
    assert real.query("select count(*) from platform.infrastructure_breaches") == [(0,)]  # the highest CPU is 25 %


def test_a_second_night_changes_nothing(real: Warehouse) -> None:
    release, ledger = real.release(), real.candidate("select * from load.deliveries order by all")
    real.nightly()
    assert real.release() == release
    assert real.candidate("select * from load.deliveries order by all") == ledger
