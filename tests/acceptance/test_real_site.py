"""A whole night on a real access log and real metric series, which arrive together."""

import gzip

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
