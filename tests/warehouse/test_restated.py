"""Which closed figures moved between two databases, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest

from dagster_project.warehouse.gate.verdict import Rule
from dagster_project.warehouse.release import restated
from dagster_project.warehouse.release.restated import Comparison, Restated, compare

AS_OF, PUBLISHED = date(2024, 3, 15), datetime(2024, 3, 16, 2)
CHANNELS = "v(day, channel, users, rate)"
TWO_DAYS = """from (values (date '2024-03-01', 'ads', 10, 0.5::double), (date '2024-03-01', 'mail', 20, 0.25),
    (date '2024-03-02', 'ads', 30, 0.5)) as """


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name in ("former", "present"):
            connection.execute(f"attach ':memory:' as {name}; create schema {name}.finance")
        yield connection


def fill(connection: duckdb.DuckDBPyConnection, former: str, present: str) -> None:
    for name, rows in (("former", former), ("present", present)):
        connection.execute(f"create table {name}.finance.figures as {rows}")


def moved(connection: duckdb.DuckDBPyConnection, *key: str, **rule: object) -> list[Restated]:
    one = Comparison("former", "present", "finance.figures", Rule(list(key), **rule), AS_OF, PUBLISHED)
    return compare(connection, "r2", [one])


def figures(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """(day, key, column, old, new, rows, cause) of what `moved` wrote down."""
    return connection.execute(
        "select strftime(period, '%m-%d'), key, column_name, old_value, new_value, moved_rows, cause "
        "from moved_figures order by all"
    ).fetchall()


def test_a_changed_a_lost_and_an_added_row_of_past_days_are_restated_and_new_days_are_not(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-03-01', 1), (date '2024-03-02', 2), (date '2024-03-03', 3)) as v(day, figure)",
        "from (values (date '2024-03-01', 1), (date '2024-03-02', 9), (date '2024-03-04', 4), (date '2024-03-16', 5))"
        " as v(day, figure)",
    )
    assert moved(connection, "day") == [Restated("finance.figures", 3, date(2024, 3, 2), date(2024, 3, 4))]
    assert str(moved(connection, "day")[0]) == "finance.figures: 3 rows, 2024-03-02 to 2024-03-04"
    assert figures(connection) == [
        ("03-02", "{}", "figure", 2, 9, 1, "late data"),
        ("03-03", "{}", "figure", 3, None, 1, "late data"),
        ("03-04", "{}", "figure", None, 4, 1, "late data"),
    ]


def test_a_figure_is_told_with_the_rest_of_its_key_and_each_column_of_numbers_by_itself(connection) -> None:
    fill(connection, TWO_DAYS + CHANNELS, TWO_DAYS.replace("'mail', 20, 0.25", "'mail', 21, 0.5") + CHANNELS)
    assert moved(connection, "day", "channel")[0].rows == 1
    assert figures(connection) == [
        ("03-01", '{"channel":"mail"}', "rate", 0.25, 0.5, 1, "late data"),
        ("03-01", '{"channel":"mail"}', "users", 20, 21, 1, "late data"),
    ]


def test_of_a_key_that_names_people_only_the_days_sums_are_told_and_shares_do_not_add_up(connection) -> None:
    present = TWO_DAYS.replace("'ads', 10, 0.5", "'ads', 11, 0.75").replace("20, 0.25", "22, 0.5") + CHANNELS
    fill(connection, TWO_DAYS + CHANNELS, present.replace("30", "31"))
    assert moved(connection, "day", "channel", names_people=True)[0].rows == 3
    assert figures(connection) == [
        ("03-01", "{}", "rate", None, None, 2, "late data"),
        ("03-01", "{}", "users", 30, 33, 2, "late data"),
        ("03-02", "{}", "users", 30, 31, 1, "late data"),
    ]


def test_hours_are_told_by_the_day_those_of_the_as_of_day_included(connection) -> None:
    hours = "from (values (timestamp '2024-03-15 10:00', 1), (timestamp '2024-03-15 23:00', 2)) as v(hour, lines)"
    fill(connection, hours, hours.replace("1)", "4)").replace("2)", "6)"))
    assert moved(connection, "hour") == [Restated("finance.figures", 2, date(2024, 3, 15), date(2024, 3, 15))]
    assert figures(connection) == [("03-15", "{}", "lines", 3, 10, 2, "late data")]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (59, [("01-01", 31), ("02-01", 29)]),
        (1, [("01-01", 60)]),
    ],
)
def test_what_is_too_much_to_be_told_by_the_day_is_told_by_the_month_or_year(
    connection, monkeypatch, most, expected
) -> None:
    sixty = "select date '2024-01-01' + day::int as day, {} as figure from range(60) as days (day)"
    fill(connection, sixty.format(1), sixty.format(2))
    monkeypatch.setattr(restated, "MOST_FIGURES", most)
    assert moved(connection, "day")[0].rows == 60
    assert figures(connection) == [
        (day, "{}", "figure", count, 2 * count, count, "late data") for day, count in expected
    ]


def test_the_running_month_may_move_and_a_month_that_is_over_may_not(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 1), (date '2024-03-01', 1)) as v(month, figure)",
        "from (values (date '2024-02-01', 2), (date '2024-03-01', 2)) as v(month, figure)",
    )
    assert moved(connection, "month") == [Restated("finance.figures", 1, date(2024, 2, 1), date(2024, 2, 1))]


def test_a_row_may_close_later_than_its_period(connection) -> None:
    days = "from (values (date '2024-03-08', 1), (date '2024-03-09', 1)) as v(day, activated)"
    fill(connection, days, days.replace("1)", "2)"))
    assert moved(connection, "day", closes_on="day + 7") == [
        Restated("finance.figures", 1, date(2024, 3, 8), date(2024, 3, 8))
    ]


def test_what_becomes_complete_is_no_restatement(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 0, 1, true), (date '2024-02-01', 1, 5, false)) as v(day, n, f, is_complete)",
        "from (values (date '2024-02-01', 0, 1, true), (date '2024-02-01', 1, 6, true), "
        "(date '2024-02-01', 2, 1, true)) as v(day, n, f, is_complete)",
    )
    assert moved(connection, "day", "n") == []


def test_a_complete_row_that_changes_or_goes_is_restated(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 0, 1, true), (date '2024-02-01', 1, 5, true)) as v(day, n, f, is_complete)",
        "from (values (date '2024-02-01', 0, 2, true)) as v(day, n, f, is_complete)",
    )
    assert moved(connection, "day", "n") == [Restated("finance.figures", 2, date(2024, 2, 1), date(2024, 2, 1))]


def test_a_table_without_period_or_with_another_key_is_not_compared_and_a_new_column_is_not(connection) -> None:
    fill(
        connection,
        "from (values (date '2024-02-01', 'u1', 1)) as v(day, user_id, figure)",
        "from (values (date '2024-02-01', 'u1', 2)) as v(day, user_id, figure)",
    )
    assert moved(connection, "user_id") == []
    connection.execute("alter table present.finance.figures add column more int default 1")
    assert moved(connection, "day", "user_id")[0].rows == 1
    assert [column for _, _, column, *_ in figures(connection)] == ["figure"]
    assert moved(connection, "day", "more") == []


CAUSES = """create schema present.load;
create table present.load.causes (noted_at timestamp, cause varchar, feed varchar, first_day date, last_day date);
insert into present.load.causes values """
DAY = "from (values (date '2024-03-01', {0}), (date '2024-03-02', {0}), (date '2024-03-03', {0})) as v(day, figure)"
NIGHT = "timestamp '2024-03-17 02:00'"


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        (
            f"({NIGHT}, 'late data', 'payments', '2024-03-01', '2024-03-01'), "
            f"({NIGHT}, 'corrected delivery', 'payments', '2024-03-02', '2024-03-02')",
            ["late data", "corrected delivery", "corrected delivery"],  # none touches the third day: the first of all
        ),
        (
            f"({NIGHT}, 'corrected delivery', 'payments', '2024-03-01', '2024-03-01'), "
            f"({NIGHT}, 'erasure', 'payments', '2024-03-01', '2024-03-01'), "
            f"({NIGHT}, 'backfill', null, '2024-03-01', '2024-03-02')",
            ["backfill", "backfill", "erasure"],  # a backfill moves the days it names alone
        ),
        (
            f"({NIGHT}, 'earlier as-of day', null, '2024-03-02', '2024-03-03'), "
            f"({NIGHT}, 'backfill', null, '2024-03-02', '2024-03-02')",
            ["earlier as-of day"] * 3,  # nothing else is known
        ),
        (
            f"({NIGHT}, 'definition', null, null, null), ({NIGHT}, 'backfill', null, '2024-03-01', '2024-03-02')",
            ["definition", "definition", "definition"],
        ),
        (  # of another feed, or before the former release
            f"({NIGHT}, 'erasure', 'events', '2024-03-01', '2024-03-01'), "
            "(timestamp '2024-03-16 01:59', 'definition', null, null, null)",
            ["late data", "late data", "late data"],
        ),
    ],
)
def test_the_cause_is_the_first_that_touched_the_day_since_the_former_release(connection, noted, expected) -> None:
    fill(connection, DAY.format(1), DAY.format(2))
    connection.execute(CAUSES + noted)
    moved(connection, "day", feeds=["payments"])
    assert [cause for *_, cause in figures(connection)] == expected


def test_a_month_has_the_cause_of_any_of_its_days(connection) -> None:
    months = "from (values (date '2024-01-01', {0}), (date '2024-02-01', {0})) as v(month, figure)"
    fill(connection, months.format(1), months.format(2))
    connection.execute(
        CAUSES + f"({NIGHT}, 'erasure', 'payments', '2024-02-29', '2024-02-29'), "
        f"({NIGHT}, 'late data', 'payments', '2024-01-31', '2024-01-31')"
    )
    moved(connection, "month", feeds=["payments"])
    assert [cause for *_, cause in figures(connection)] == ["late data", "erasure"]
