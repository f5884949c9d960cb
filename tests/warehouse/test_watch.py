"""What is watched becomes warnings, never more; a release says what is provisional in the tables that it has."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.console.status import print_status
from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.gate.judge import held_back
from dagster_project.warehouse.gate.verdict import Check
from dagster_project.warehouse.load.raw_tables import create_tables
from dagster_project.warehouse.release.releases import open_release, publish
from dagster_project.warehouse.status import read_status
from dagster_project.warehouse.watch.newest import read_watch_checks, watch
from dagster_project.warehouse.watch.watched import Provisional, read_newest_days, read_provisional
from tests.warehouse.toys import judge, make_settings, night, read, write_candidate

FEEDS = read_contracts().values()
AS_OF = date(2024, 6, 13)
LINEAGE = {"nodes": {}, "sources": {}}


def shape(table: str) -> str:
    sql = (DBT_PROJECT / "models" / "marts" / "ops" / f"{table}.sql").read_text(encoding="utf-8")
    return f"create or replace table ops.{table} as {sql}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A candidate with 100 days of payments, 100 attempts each, the newest with three; and of young registrations."""
    settings = make_settings(tmp_path / "home")
    settings.work.mkdir(parents=True)
    with duckdb.connect(str(settings.candidate)) as connection:
        create_tables(connection, FEEDS)
        connection.execute("create schema ops; create schema finance; create schema product")
        for table in ("feed_health", "anomalies", "provisional_periods"):
            connection.execute(shape(table))
        connection.execute(f"""
            create table finance.payments_daily as
            select date '{AS_OF}' - days.day::int as payment_date, part, if(days.day = 0, 1.5, 50)::int as attempts,
                if(days.day = 0, 1.5, 50)::int as succeeded, 0 as failed, 500.0 as volume
            from range(100) as days (day), range(2) as parts (part);
            create table product.registrations_daily as
            select date '{AS_OF}' - 20 as registration_date, 7 as registrations;
            insert into load.deliveries (feed, dt, file, lines, loaded_at)
            select 'payments', date '{AS_OF}' - day::int, 'a', 100, date '{AS_OF}' - day::int + interval 26 hours
            from range(2, 100) as days (day);
        """)
        watch(connection, FEEDS, LINEAGE, AS_OF, "UTC")
    return settings


def test_a_lacking_delivery_and_an_unusual_figure_are_warnings_of_their_domain(settings: Settings) -> None:
    checks = {check.check_name: check for check in read_watch_checks(settings, AS_OF)}
    assert checks["raw.payments is delivered as expected"] == Check(
        check_name="raw.payments is delivered as expected",
        domain="finance",
        tool="dbt",
        severity="warn",
        passed=False,
        observed="2024-06-12: missing, 2024-06-13: missing",
        detail="2024-06-12: no file came; the feed is delivered every day; "
        "2024-06-13: no file came; the feed is delivered every day",
    )
    attempts = checks["payment attempts of finance.payments_daily is as usual"]
    assert (attempts.domain, attempts.severity, attempts.passed) == ("finance", "warn", False)
    # four attempts: the root is 2, that of 100 is 10, in halves 16 away
    assert attempts.observed == "4"
    assert attempts.detail == "on 2024-06-13; expected 100, usual 68.06 to 138.1 (weekday, 12 days)"
    assert checks["success rate of payments of finance.payments_daily is as usual"].passed
    assert held_back([], checks.values()) == {}


def test_what_lacks_history_neither_passed_nor_failed(settings: Settings) -> None:
    names = {check.check_name for check in read_watch_checks(settings, AS_OF)}
    assert not any("registrations" in name for name in names)
    outcomes = "select outcome, count(*), sum(value) from ops.anomalies where figure = 'registrations' group by outcome"
    assert read(settings.candidate, outcomes) == [("not enough history", 21, 7.0)]


def test_a_day_without_rows_is_a_zero_of_a_count_and_no_value_of_a_rate(settings: Settings) -> None:
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute(f"delete from finance.payments_daily where payment_date = date '{AS_OF}' - 1")
        watch(connection, FEEDS, LINEAGE, AS_OF, "UTC")
    found = f"select figure, value from ops.anomalies where day = date '{AS_OF}' - 1 and table_name like 'finance%'"
    assert sorted(read(settings.candidate, found)) == [("payment attempts", 0.0), ("payment volume", 0.0)]


def test_a_table_of_a_former_definition_costs_its_own_figures_alone(settings: Settings) -> None:
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute("alter table product.registrations_daily rename registrations to registered")
        watch(connection, FEEDS, LINEAGE, AS_OF, "UTC")
    figures = {figure for (figure,) in read(settings.candidate, "select distinct figure from ops.anomalies")}
    assert "registrations" not in figures
    assert "payment attempts" in figures


def test_a_candidate_without_these_tables_is_judged_without_them(settings: Settings) -> None:
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute("drop table ops.anomalies")
        watch(connection, FEEDS, LINEAGE, AS_OF, "UTC")
    assert read_watch_checks(settings, AS_OF) == []


PERIOD = "('{schema}', '{table}', date '2026-11-0{day}', date '2026-11-03', 'payments', '{day} is missing')"


def provisional_night(settings: Settings, version: int, periods: list[tuple[str, str, int]], held: dict) -> None:
    """A judged candidate that says this of what is provisional."""
    write_candidate(settings, version)
    rows = ", ".join(PERIOD.format(schema=schema, table=table, day=day) for schema, table, day in periods)
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute(shape("provisional_periods"))
        connection.execute(f"insert into ops.provisional_periods values {rows}" if rows else "select 1")
    judge(settings, held)


def test_tables_that_are_kept_stay_as_provisional_as_they_were(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "home")
    finance, product = ("finance", "payments_daily"), ("product", "registrations_daily")
    provisional_night(settings, 1, [(*finance, 1), (*product, 1)], {})
    publish(settings, lambda line: None)
    provisional_night(settings, 2, [(*product, 2)], {"finance": "a check failed"})
    publish(settings, lambda line: None)
    with open_release(settings) as connection:
        assert read_provisional(connection) == [
            Provisional("finance.payments_daily", date(2026, 11, 1), "payments"),
            Provisional("product.registrations_daily", date(2026, 11, 2), "payments"),
        ]
    provisional_night(settings, 3, [], {})
    publish(settings, lambda line: None)
    assert read(settings.current_release, "from ops.provisional_periods") == []


def printed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> str:
    now = datetime(2026, 11, 24)
    print_status(read_status(settings, now), now)
    return capsys.readouterr().out


def test_the_status_names_what_is_wrong_the_remedy_and_what_is_provisional(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(tmp_path / "home")
    write_candidate(settings, 1)
    with duckdb.connect(str(settings.candidate)) as connection:
        create_tables(connection, FEEDS)
        connection.execute(shape("feed_health") + ";" + shape("provisional_periods"))
        connection.execute("""
            insert into ops.feed_health by name select * from (values
                ('payments', date '2026-11-21', 'missing', 'no file came; the feed is delivered every day'),
                ('payments', date '2026-11-22', 'missing', 'no file came; the feed is delivered every day'),
                ('payments', date '2026-11-23', 'ok', '90 lines'),
                ('events', date '2026-11-23', 'small', '5 lines; usual are 40 to 60 (weekday, 12 days)')
            ) as days (feed, dt, status, detail);
            insert into ops.provisional_periods values
                ('finance', 'payments_daily', '2026-11-22', '2026-11-23', 'payments', 'missing'),
                ('finance', 'refunds_daily', '2026-11-22', '2026-11-23', 'payments', 'missing');
            create or replace table ops.feed_deliveries as
            select 'payments' as feed, date '2026-11-23' as dt, 'a' as file, 90 as loaded, 0 as quarantined;
        """)
    judge(settings)
    publish(settings, lambda line: None)
    told = printed(settings, capsys)
    for day in ("2026-11-21", "2026-11-22"):
        assert f"payments, {day}: missing: no file came; the feed is delivered every day\n" in told
    assert told.count("deliver it and run `warehouse nightly`") == 1
    assert "events, 2026-11-23: small: 5 lines; usual are 40 to 60 (weekday, 12 days)\n" in told
    assert "provisional: finance  2 tables from 2026-11-22 on, for want of deliveries of payments" in told


def test_a_release_that_does_not_tell_of_feeds_can_still_be_asked(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "home")
    night(settings, 1)
    publish(settings, lambda line: None)
    with open_release(settings) as connection:
        assert (read_newest_days(connection), read_provisional(connection)) == ([], [])


def test_hourly_figures_are_counted_to_days_of_the_reporting_time_zone_whatever_the_case_of_levels() -> None:
    with duckdb.connect() as connection:
        create_tables(connection, FEEDS)
        connection.execute("create schema ops; create schema platform")
        for table in ("feed_health", "anomalies", "provisional_periods"):
            connection.execute(shape(table))
        connection.execute("""
            create table platform.logs_hourly as
            select * from (values
                (timestamp '2024-06-12 13:00', 'ERROR', 1), (timestamp '2024-06-12 14:00', 'Critical', 2),
                (timestamp '2024-06-13 13:00', 'fatal', 4), (timestamp '2024-06-13 13:00', 'INFO', 8),
                (timestamp '2024-06-13 14:00', 'error', 16)
            ) as hours(hour, level, lines)
        """)
        watch(connection, FEEDS, LINEAGE, AS_OF, "Australia/Brisbane")  # ten hours ahead, all year
        found = connection.execute("select day, value from ops.anomalies where figure = 'logged errors' order by day")
        assert found.fetchall() == [(date(2024, 6, 12), 1), (date(2024, 6, 13), 6)]
