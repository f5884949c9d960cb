"""From observations to alerts: what is one alert, since when, and whether it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.alerts.find import same_alerts, write_alerts
from dagster_project.alerts.rules import Priority, Rule
from tests.alerts.releases import found, opened

WHEN = "subject, strftime(began_at, '%d %H:%M'), strftime(ended_at, '%d %H:%M'), is_ongoing, observations, detail"


@pytest.fixture
def release(empty_release: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(empty_release, tmp_path) as connection:
        yield connection


def rule(sql: str, joins_hours: int = 0, **limits: float) -> Rule:
    return Rule("toy", "platform", Priority.P2, "Toy", "why", "remedy", sql, joins_hours, limits)


def hourly(*values: tuple[str, int | None]) -> str:
    """Observations of one hour each of subject `a`, bad from 5 on: (day and hour of October 2026, value)."""
    rows = ", ".join(f"(timestamp '2026-10-{at}:00', {'null' if value is None else value})" for at, value in values)
    return f"""
        select 'a' as subject, hour as began_at, hour + interval 1 hour as ended_at, value >= 5 as is_bad,
            value as badness, format('up to {{}}', value) as detail
        from (values {rows}) as observed (hour, value)
    """


def test_bad_hours_in_a_row_are_one_alert_and_a_good_one_ends_it(release: duckdb.DuckDBPyConnection) -> None:
    sql = hourly(("10 03", 1), ("10 04", 5), ("10 05", 9), ("10 06", 7), ("10 07", 4), ("10 08", 6))
    assert found(release, [rule(sql, joins_hours=5)], WHEN) == [
        ("a", "10 04:00", "10 07:00", False, 3, "up to 9"),
        ("a", "10 08:00", "10 09:00", False, 1, "up to 6"),
    ]


def test_less_than_a_rule_wants_in_a_row_is_none(release: duckdb.DuckDBPyConnection) -> None:
    sql = hourly(("10 03", 5), ("10 04", 1), ("10 05", 6), ("10 06", 7), ("10 08", 8))
    found_alerts = found(release, [rule(sql, in_a_row=2)], WHEN)
    assert found_alerts == [("a", "10 05:00", "10 07:00", False, 2, "up to 7")]


def test_hours_without_an_observation_are_bridged_as_far_as_the_rule_says(release: duckdb.DuckDBPyConnection) -> None:
    sql = hourly(("10 04", 5), ("10 07", 6), ("10 11", 7))
    assert [row[1:3] for row in found(release, [rule(sql, joins_hours=2)], WHEN)] == [
        ("10 04:00", "10 08:00"),
        ("10 11:00", "10 12:00"),
    ]


def test_an_observation_that_is_neither_good_nor_bad_counts_as_good(release: duckdb.DuckDBPyConnection) -> None:
    sql = hourly(("10 04", 5), ("10 05", None), ("10 06", 6))
    assert len(found(release, [rule(sql, joins_hours=5)], WHEN)) == 2


@pytest.mark.parametrize(
    ("values", "ongoing"),
    [
        ([("18 22", 5)], [True]),
        ([("17 23", 5)], [True]),  # the newest of the subject, ended when the as-of day began
        ([("17 22", 5)], [False]),
        ([("18 21", 5), ("18 22", 1)], [False]),
        ([("18 10", 5), ("18 12", 1), ("18 22", 6)], [False, True]),
    ],
)
def test_what_the_newest_observation_of_the_last_day_found_goes_on(
    release: duckdb.DuckDBPyConnection, values: list, ongoing: list[bool]
) -> None:
    assert [row[3] for row in found(release, [rule(hourly(*values))], WHEN)] == ongoing


def test_alerts_are_of_ninety_days_before_the_as_of_day_of_the_domain(release: duckdb.DuckDBPyConnection) -> None:
    days = """
        select 'a' as subject, day_begins(day) as began_at, day_ends(day) as ended_at, isodow(day) = 7 as is_bad,
            0 as badness, 'on ' || day as detail
        from (select cast(unnest(generate_series(date '2026-07-01', $as_of, interval 1 day)) as date) as day)
    """
    # 20 July, 90 days before, is a Monday
    assert found(release, [rule(days)], "detail")[0] == ("on 2026-07-26",)
    release.execute("update release.ops.domain_freshness set as_of = date '2026-07-12' where domain = 'platform'")
    assert found(release, [rule(days)], "detail, is_ongoing") == [("on 2026-07-05", False), ("on 2026-07-12", True)]


def test_days_begin_at_local_midnight_and_have_the_length_that_they_have(release: duckdb.DuckDBPyConnection) -> None:
    days = """
        select cast(day as varchar) as subject, day_begins(day) as began_at, day_ends(day) as ended_at, true as is_bad,
            0 as badness, cast(local_day(day_begins(day)) as varchar) as detail
        from (values (date '2026-09-05'), (date '2026-09-06')) as days (day)
    """
    # in Chile clocks go forward at midnight of 6 September 2026: the day begins at 01:00 and has 23 hours
    found_days = found(release, [rule(days)], "subject, began_at, ended_at, detail", "America/Santiago")
    assert found_days == [
        ("2026-09-05", datetime(2026, 9, 5, 4), datetime(2026, 9, 6, 4), "2026-09-05"),
        ("2026-09-06", datetime(2026, 9, 6, 4), datetime(2026, 9, 7, 3), "2026-09-06"),
    ]


def test_an_alert_carries_what_people_need(release: duckdb.DuckDBPyConnection) -> None:
    (told,) = found(release, [rule(hourly(("10 04", 5)))], "rule, priority, response_time, title, remedy")
    assert told == ("toy", "P2", "4 hours", "Toy", "remedy")


def test_a_day_of_twenty_five_hours_is_one_day(release: duckdb.DuckDBPyConnection) -> None:
    # as of Sunday, 1 November, when clocks go back in New York, its newest whole day is Saturday
    release.execute("update release.ops.domain_freshness set as_of = date '2026-11-01'")
    saturday = """
        select 'a' as subject, day_begins(date '2026-10-31') as began_at, day_ends(date '2026-10-31') as ended_at,
            true as is_bad, 0 as badness, 'bad' as detail
    """
    assert found(release, [rule(saturday)], "is_ongoing", "America/New_York") == [(True,)]


def test_the_worst_is_told_where_one_observation_does_not_say_how_bad_it_is(release: duckdb.DuckDBPyConnection) -> None:
    sql = hourly(("10 04", 5), ("10 05", 7)).replace("value as badness", "nullif(value, 5) as badness")
    assert [row[-1] for row in found(release, [rule(sql)], WHEN)] == ["up to 7"]
    wordless = hourly(("10 04", 5)).replace("format('up to {}', value)", "null")
    assert [row[-1] for row in found(release, [rule(wordless)], WHEN)] == [""]


def test_limits_are_parameters_of_the_sql(release: duckdb.DuckDBPyConnection) -> None:
    sql = hourly(("10 04", 5), ("10 05", 8)).replace("value >= 5", "value >= $limit")
    assert [row[1] for row in found(release, [rule(sql, limit=6)], WHEN)] == ["10 05:00"]


def test_a_rule_of_a_domain_that_was_never_published_or_lacks_the_table_finds_nothing(
    release: duckdb.DuckDBPyConnection,
) -> None:
    said: list[str] = []
    assert found(release, [rule("select * from platform.no_such_table")], WHEN, said=said) == []
    release.execute("update release.ops.domain_freshness set as_of = null where domain = 'platform'")
    assert found(release, [rule(hourly(("18 22", 5)))], WHEN, said=said) == []
    assert said == []


@pytest.mark.parametrize(
    "sql",
    [
        "select no_such_function() as subject",
        "select no_such_column from platform.logs_hourly",
        "select $no_such_limit as subject",
    ],
)
def test_a_rule_that_can_not_be_evaluated_is_an_alert_and_stops_no_other(
    release: duckdb.DuckDBPyConnection, sql: str
) -> None:
    said: list[str] = []
    rows = found(release, [rule(sql), rule(hourly(("10 04", 5)))], "subject, priority, is_ongoing, detail", said=said)
    assert [row[:3] for row in rows] == [("a", "P2", False), ("the rule itself", "P1", True)]
    assert rows[1][3].startswith("could not be evaluated: ")
    assert len(said) == 1 and said[0].startswith("alert rule toy could not be evaluated: ")


def test_the_release_holds_what_is_found_in_it_until_rules_or_rows_change(release: duckdb.DuckDBPyConnection) -> None:
    release.execute(
        "insert into release.platform.logs_hourly (hour, service, level, lines) "
        "values ('2026-10-10 04:00', 'a', 'error', 7)"
    )
    lines = """
        select service as subject, hour as began_at, hour + interval 1 hour as ended_at, lines >= $lines as is_bad,
            lines as badness, cast(lines as varchar) as detail
        from platform.logs_hourly
    """
    write_alerts(release, "release", [rule(lines, lines=5)], "UTC", print)
    assert release.execute("select rule, subject, detail from release.ops.alerts").fetchall() == [("toy", "a", "7")]
    assert same_alerts(release, "release", [rule(lines, lines=5)], "UTC")
    assert not same_alerts(release, "release", [rule(lines, lines=8)], "UTC")
    release.execute("drop table release.ops.alerts")
    assert not same_alerts(release, "release", [rule(lines, lines=8)], "UTC")
