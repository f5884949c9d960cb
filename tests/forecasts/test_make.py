"""The series that are forecast, and when a forecast is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml

from dagster_project.forecasts import make
from dagster_project.forecasts.figures import Figure, read_figures
from dagster_project.forecasts.make import same_forecasts, write_forecasts
from dagster_project.settings import DBT_PROJECT
from dagster_project.warehouse.release.derived import Derived
from tests.alerts.releases import opened, write_empty_release

FIGURES = read_figures()
SERIES = "select subject, series from forecast_series order by subject"


@pytest.fixture(scope="module")
def empty_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_empty_release(tmp_path_factory.mktemp("empty") / "release.duckdb")


@pytest.fixture
def release(empty_release: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """As of Sunday, 18 October 2026."""
    with opened(empty_release, tmp_path) as connection:
        yield connection


def quiet(message: str) -> None:
    """Progress that nobody reads."""


def figure(sql: str, grain: str = "day", kind: str = "count") -> Figure:
    return Figure("toy", "product", grain, kind, "a test", sql)


def daily(first: str, last: str = "2026-10-20", value: str = "day(period)", subject: str = "'all'") -> str:
    return (
        f"select {subject} as subject, cast(period as date) as period, {value} as value "
        f"from generate_series(timestamp '{first}', timestamp '{last}', interval 1 day) as days (period)"
    )


def monthly(first: str, last: str, value: str = "month(period)") -> str:
    return daily(first, last, value).replace("interval 1 day", "interval 1 month")


def made(connection: duckdb.DuckDBPyConnection, one: Figure, zone: str = "UTC", before: str | None = None) -> list:
    """The rows of ops.forecasts."""
    write_forecasts(connection, "release", before, [one], zone, quiet)
    return connection.execute(
        "select subject, period, trained_until, value, method from release.ops.forecasts order by subject, period"
    ).fetchall()


@pytest.mark.parametrize(
    ("as_of", "zone", "until", "first"),
    [
        ("2026-10-18", "UTC", "2026-10-18", "2026-10-19"),
        ("2026-10-17", "UTC", "2026-10-11", "2026-10-12"),
        ("2026-10-19", "UTC", "2026-10-18", "2026-10-19"),
        ("2026-10-18", "America/New_York", "2026-10-11", "2026-10-12"),  # Sunday is not over there when it is in UTC
        ("2026-10-18", "Asia/Tokyo", "2026-10-18", "2026-10-19"),
    ],
)
def test_days_are_looked_ahead_from_the_last_whole_week(release, as_of: str, zone: str, until: str, first: str) -> None:
    release.execute("update release.ops.domain_freshness set as_of = ? where domain = 'product'", [as_of])
    rows = made(release, figure(daily("2026-06-01")), zone)
    assert {str(row[2]) for row in rows} == {until}
    assert [str(rows[0][1]), len(rows)] == [first, 84]


@pytest.mark.parametrize(
    ("as_of", "until", "first"),
    [("2026-10-18", "2026-09-01", "2026-10-01"), ("2026-10-31", "2026-10-01", "2026-11-01")],
)
def test_months_are_looked_ahead_from_the_last_whole_month(release, as_of: str, until: str, first: str) -> None:
    release.execute("update release.ops.domain_freshness set as_of = ? where domain = 'product'", [as_of])
    rows = made(release, figure(monthly("2025-01-01", "2026-10-01"), "month", "amount"))
    assert {str(row[2]) for row in rows} == {until}
    assert [str(row[1])[:7] for row in rows][:2] == [["2026-10", "2026-11"], ["2026-11", "2026-12"]][
        until > "2026-09-01"
    ]
    assert len(rows) == 6


@pytest.mark.parametrize(("kind", "gap"), [("count", 0.0), ("amount", 0.0), ("rate", 0.31), ("level", 0.31)])
def test_a_period_without_a_row_is_zero_or_what_was_before(release, kind: str, gap: float) -> None:
    sql = f"select * from ({daily('2026-05-31', value='day(period) / 100')}) where month(period) <> 9"
    made(release, figure(sql, kind=kind))
    ((_, series),) = release.execute(SERIES).fetchall()
    assert len(series) == 20 * 7
    september = series[92:122]
    assert september == [gap] * 30
    assert (series[0], series[91], series[122]) == (0.01, 0.31, 0.01)


@pytest.mark.parametrize("first", ["2026-06-01", "2026-06-02", "2026-06-07"])
def test_days_begin_with_the_first_whole_week(release, first: str) -> None:
    made(release, figure(daily(first)))
    ((_, series),) = release.execute(SERIES).fetchall()
    assert (len(series), series[0]) == (19 * 7, 8)  # Monday, 8 June: the first day may be a part of one


def test_months_begin_after_the_first_which_may_be_a_part_of_one(release) -> None:
    made(release, figure(monthly("2025-02-01", "2026-10-01"), "month", "amount"))
    ((_, series),) = release.execute(SERIES).fetchall()
    assert (len(series), series[0]) == (19, 3)  # March 2025 to September 2026


@pytest.mark.parametrize("kind", ["rate", "level"])
def test_a_series_whose_first_monday_has_no_row_begins_with_what_was_before(release, kind: str) -> None:
    sql = f"select * from ({daily('2026-06-03', value='day(period) / 100')}) where period <> date '2026-06-08'"
    rows = made(release, figure(sql, kind=kind))
    ((_, series),) = release.execute(SERIES).fetchall()
    assert series[:2] == [0.07, 0.09]
    assert len(rows) == 84


def test_only_the_newest_year_of_days_is_looked_at(release) -> None:
    made(release, figure(daily("2024-01-01")))
    ((_, series),) = release.execute(SERIES).fetchall()
    assert len(series) == 52 * 7


def test_of_many_subjects_the_largest_that_still_go_on_are_forecast(release) -> None:
    many = " union all ".join(
        daily("2026-06-01", "2026-10-20" if number != 24 else "2026-10-10", str(number), f"'s{number:02}'")
        for number in range(25)
    )
    subjects = {row[0] for row in made(release, figure(many, kind="level"))}
    assert subjects == {f"s{number:02}" for number in range(4, 24)}  # s24 ended


def test_a_series_that_is_too_short_has_no_forecast(release) -> None:
    assert made(release, figure(daily("2026-08-11"))) == []  # nine weeks
    assert made(release, figure(monthly("2025-11-01", "2026-10-01"), "month")) == []


def test_what_stands_of_the_same_history_is_taken_over(release, empty_release, tmp_path, monkeypatch) -> None:
    first = made(release, figure(daily("2026-06-01")))
    before = tmp_path / "before.duckdb"
    release.execute("detach release")
    (tmp_path / "release.duckdb").rename(before)
    with opened(empty_release, tmp_path) as connection:
        connection.execute(f"attach '{before}' as before (read_only)")
        calls = []
        monkeypatch.setattr(make, "forecast", lambda *_: calls.append(1))
        assert made(connection, figure(daily("2026-06-01")), before="before") == first
        assert calls == []
        made(connection, figure(daily("2026-06-01", value="day(period) + 1")), before="before")
        assert calls == [1]


def test_a_release_holds_its_forecasts_until_its_tables_change(release) -> None:
    one = figure(daily("2026-06-01"))
    assert not same_forecasts(release, "release", [one], "UTC")
    made(release, one)
    assert same_forecasts(release, "release", [one], "UTC")
    assert not same_forecasts(release, "release", [], "UTC")
    assert not same_forecasts(release, "release", [figure(daily("2026-06-08"))], "UTC")
    monday = "update release.ops.domain_freshness set as_of = '2026-10-19' where domain = 'product'"
    release.execute(monday)
    assert same_forecasts(release, "release", [one], "UTC")


def test_what_a_release_derives_of_its_tables_is_held_or_not(release) -> None:
    one, other = figure(daily("2026-06-01")), figure(daily("2026-06-08"))
    Derived([one], [], "UTC").write(release, "release", None, quiet)
    assert Derived([one], [], "UTC").are_held(release, "release")
    assert not Derived([other], [], "UTC").are_held(release, "release")


def test_a_figure_without_its_table_has_none_and_one_that_fails_says_so(release) -> None:
    said: list[str] = []
    figures = [figure("select * from product.no_such_table"), figure("select no_such_column from ops.releases")]
    write_forecasts(release, "release", None, figures, "UTC", said.append)
    assert release.execute("select count(*) from release.ops.forecasts").fetchall() == [(0,)]
    assert len(said) == 1 and said[0].startswith("warn: no forecast of toy: ")


@pytest.mark.parametrize("one", FIGURES, ids=[one.name for one in FIGURES])
def test_every_figure_is_what_its_tables_have(release, one: Figure) -> None:
    """A row for each of 141 days (21 months), to be found again as the series but for the first."""
    for table, columns in ROWS[one.name].items():
        names, values = zip(*columns.items(), strict=True)
        step, count = ("month", 21) if one.grain == "month" else ("day", 141)
        first = "2025-01-01" if one.grain == "month" else "2026-05-31"
        release.execute(
            f"insert into release.{table} ({', '.join(names)}) select {', '.join(values)} from "
            f"(select timestamp '{first}' + to_{step}s(number::int) as moment, number from range({count}) n (number))"
        )
    write_forecasts(release, "release", None, [one], "UTC", quiet)
    ((subject, series),) = release.execute(SERIES).fetchall()
    assert subject == SUBJECTS.get(one.name, "all")
    assert series == pytest.approx(np.arange(1, 1 + len(series)) / (2 if "utilization" in one.name else 1))
    assert len(series) == {"day": 140, "month": 20}[one.grain]


USERS = "product.active_users_daily"
RESOURCES = "platform.infrastructure_hourly"
ROWS = {
    "daily_active_users": {USERS: {"activity_date": "moment", "platform": "'all'", "dau": "number"}},
    "monthly_active_users": {USERS: {"activity_date": "moment", "platform": "'all'", "mau": "number"}},
    "registrations": {"product.registrations_daily": {"registration_date": "moment", "registrations": "number"}},
    "feature_adoption_rate": {
        "product.feature_adoption_monthly": {"month": "moment", "feature": "'pay'", "adoption_rate": "number"}
    },
    "closing_mrr": {"finance.mrr_monthly": {"month": "moment", "closing_mrr": "number"}},
    "payment_volume": {"finance.payments_daily": {"payment_date": "moment", "volume": "number"}},
    "fee_revenue": {"finance.payments_daily": {"payment_date": "moment", "fee_revenue": "number"}},
    "logo_churn_rate": {"finance.churn_monthly": {"month": "moment", "logo_churn_rate": "number"}},
    "api_requests": {"platform.api_performance_hourly": {"hour": "moment", "requests": "number"}},
    "resource_utilization": {
        RESOURCES: {
            "hour": "moment",
            "resource_type": "'host'",
            "metric": "'cpu_utilization'",
            "avg_value": "number",
            "threshold": "2",
        }
    },
    "disk_utilization": {
        RESOURCES: {
            "hour": "moment",
            "resource_type": "'host'",
            "resource_id": "'web'",
            "source": "'agent'",
            "metric": "'disk_utilization'",
            "max_value": "number",
            "threshold": "2",
        }
    },
    "delivered_lines": {"ops.feed_deliveries": {"dt": "moment", "lines": "number"}},
}
SUBJECTS = {
    "feature_adoption_rate": "pay",
    "resource_utilization": "host, cpu_utilization",
    "disk_utilization": "host web of agent",
}


def test_the_figures_are_those_that_the_strategy_wants_predicted() -> None:
    assert {one.used_for for one in FIGURES} == {
        "Capacity forecasting",
        "Load prediction",
        "Storage requirements",
        "User growth prediction",
        "Revenue forecasting",
        "Churn prediction",
        "Feature adoption",
    }


def test_lineage_knows_which_tables_are_forecast() -> None:
    exposures = yaml.safe_load((DBT_PROJECT / "models" / "marts" / "exposures.yml").read_text(encoding="utf-8"))
    (own,) = [one["depends_on"] for one in exposures["exposures"] if one["name"] == "figures_that_are_forecast"]
    told = {ref.removeprefix("ref('").removesuffix("')") for ref in own}
    assert told == {table.split(".")[1] for tables in ROWS.values() for table in tables}


def test_a_forecast_that_fails_keeps_no_release_from_being_made(release, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise FloatingPointError("underflow")

    monkeypatch.setattr(make, "forecast", fail)
    said: list[str] = []
    write_forecasts(release, "release", None, [figure(daily("2026-06-01"))], "UTC", said.append)
    assert said[-1] == "warn: no forecast of toy, all: FloatingPointError: underflow"
    assert release.execute("select count(*) from release.ops.forecasts").fetchall() == [(0,)]


def test_the_last_bits_of_a_sum_make_no_other_series(release) -> None:
    made(release, figure(daily("2026-06-01", value="0.1::double + 0.2::double"), kind="level"))
    assert same_forecasts(release, "release", [figure(daily("2026-06-01", value="0.3::double"), kind="level")], "UTC")
