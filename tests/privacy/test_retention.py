"""What is past the limit of its class, by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.privacy.retention import Expired, find_expired, first_kept, first_open
from dagster_project.settings import Reporting
from tests.privacy.people import log
from tests.warehouse.homes import Home, event
from tests.warehouse.toys import write_candidate

AS_OF = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("retention", "oldest"),
    [
        ("metrics", date(2026, 11, 17)),  # seven days: the 17th to the 23rd
        ("application_logs", date(2026, 10, 25)),
        ("security_logs", date(2025, 11, 24)),
        ("audit_logs", date(2019, 11, 24)),
    ],
)
def test_a_limit_counts_the_as_of_day(retention: str, oldest: date) -> None:
    assert first_kept(Reporting(), retention, AS_OF) == oldest


def test_settings_override_a_limit_but_two_days_stay_open_and_two_before_them_are_kept() -> None:
    assert first_kept(Reporting(metrics_raw_days=5), "metrics", AS_OF) == date(2026, 11, 19)
    assert first_kept(Reporting(metrics_raw_days=1), "metrics", AS_OF) == date(2026, 11, 20)
    assert first_open(Reporting(metrics_raw_days=1), "metrics", AS_OF) == date(2026, 11, 22)


def vital(number: int, day: str) -> dict:
    return {"vital_id": f"v{number}", "measured_at": f"{day}T12:00:00Z", "metric": "LCP", "value": 900}


def test_rows_and_files_past_their_limit_are_found_and_business_never_is(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.deliver("web_vitals", "2026-11-14", "a.ndjson", [vital(1, "2026-11-14")])
    home.deliver("web_vitals", "2026-11-15", "a.ndjson", [vital(2, "2026-11-16"), vital(3, "2026-11-14")])
    home.deliver("web_vitals", "2026-11-18", "a.ndjson", [vital(4, "2026-11-16"), vital(5, "2026-11-17")])
    home.deliver("app_logs", "2024-03-01", "a.ndjson", [log(1, "old")])
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    home.load()

    found = list(find_expired(home.settings, AS_OF, {"nodes": {}, "sources": {}}))

    metrics, logs = date(2026, 11, 17), date(2026, 10, 25)
    assert sorted(found, key=repr) == [
        Expired("landing", "app_logs", "application_logs", logs, 1),
        Expired("landing", "web_vitals", "metrics", metrics, 2),  # that of the 18th holds a row of the 17th
        Expired("rows", "raw.app_logs", "application_logs", logs, 1),
        Expired("rows", "raw.web_vitals", "metrics", metrics, 4),
    ]


def model(table: str, *parents: str, folder: str = "marts") -> dict:
    schema, name = table.split(".")
    path = f"models/{folder}/{schema}/{name}.sql"
    return {
        "resource_type": "model",
        "schema": schema,
        "alias": name,
        "original_file_path": path,
        "depends_on": {"nodes": list(parents)},
    }


def key(model_id: str, *columns: str) -> dict:
    return {
        "resource_type": "test",
        "attached_node": model_id,
        "test_metadata": {"name": "primary_key", "kwargs": {"columns": columns}},
        "original_file_path": "models/marts/x.yml",
    }


def test_hours_and_days_of_metrics_have_limits_of_their_own(tmp_path: Path) -> None:
    """Ninety days of hours begin on 26 August, a year of days on 24 November of the year before."""
    home = Home(tmp_path)
    home.load()
    write_candidate(home.settings, version=1)
    with duckdb.connect(str(home.settings.candidate)) as connection:
        connection.execute("""
            create table platform.infrastructure_hourly as select unnest(
                [timestamp '2026-08-25 23:00:00', timestamp '2026-08-26 00:00:00']) as hour;
            create table platform.web_vitals_daily as select unnest(
                [date '2025-11-23', date '2025-11-24', date '2026-08-25']) as activity_date;
            create table platform.api_performance_hourly as select timestamp '2020-01-01 00:00:00' as hour;
        """)
    names = {"infrastructure_hourly": "hour", "web_vitals_daily": "activity_date", "api_performance_hourly": "hour"}
    feeds = {"infrastructure_hourly": "metric_samples", "web_vitals_daily": "web_vitals"}
    nodes = {name: model(f"platform.{name}", f"staged_{name}") for name in names}
    nodes |= {
        f"staged_{name}": model(f"staging.{name}", feeds.get(name, "api_requests"), folder="staging") for name in names
    }
    nodes |= {f"key_{name}": key(name, period) for name, period in names.items()}
    sources = {feed: {"schema": "raw", "name": feed} for feed in ("metric_samples", "web_vitals", "api_requests")}

    found = list(find_expired(home.settings, AS_OF, {"nodes": nodes, "sources": sources}))

    assert sorted(found, key=repr) == [
        Expired("figures", "platform.infrastructure_hourly", "metrics", date(2026, 8, 26), 1),
        Expired("figures", "platform.web_vitals_daily", "metrics", date(2025, 11, 24), 1),
    ]
