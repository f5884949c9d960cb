"""Rows, periods and figures on their way into a page."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from dagster_project.dashboards.definitions import Tile
from dagster_project.dashboards.facts import Facts
from dagster_project.dashboards.forms import COUNT, FINE_FRACTION, FRACTION, MILLISECONDS, MONEY, Form
from dagster_project.dashboards.frames import (
    LAST_OVER,
    OVER,
    RUNNING,
    STATE,
    Frame,
    pack,
    widen,
    with_gaps,
    with_states,
)
from dagster_project.dashboards.periods import Grain
from dagster_project.dashboards.sparklines import sparkline
from dagster_project.dashboards.views import TileView, view

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


@pytest.mark.parametrize(
    ("form", "value", "headline", "full"),
    [
        (COUNT, 587, "587", "587"),
        (COUNT, 12_037, "12,037", "12,037"),
        (COUNT, 1_234_567, "1.23M", "1,234,567"),
        (MONEY, 33.914, "33.91", "33.91"),
        (MONEY, 14_037.68, "14,038", "14,037.68"),
        (MONEY, 191_170.4, "191.17K", "191,170.40"),
        (MONEY, 23_456_789, "23.5M", "23,456,789.00"),
        (FRACTION, 0.03215, "3.2%", "3.21%"),
        (FINE_FRACTION, 0.996949, "99.69%", "99.695%"),
        (MILLISECONDS, 121.13, "121.1", "121.1"),
    ],
)
def test_a_figure_is_written_short_on_a_tile_and_in_full_beside(
    form: Form, value: float, headline: str, full: str
) -> None:
    assert form.headline(value) == headline
    assert form.full(value) == full


@pytest.mark.parametrize(
    ("form", "value", "before", "change"),
    [
        (COUNT, 110, 100, "+10.0%"),
        (MONEY, 75.0, 100.0, "-25.0%"),
        (COUNT, 3, 0, "+3"),
        (COUNT, 0, 0, "+0"),
        (FRACTION, 0.92, 0.932, "-1.2 pts"),
        (FINE_FRACTION, 0.9969, 0.9967, "+0.02 pts"),
    ],
)
def test_a_change_is_in_percent_and_between_fractions_in_points(
    form: Form, value: float, before: float, change: str
) -> None:
    assert form.change(value, before) == change


@pytest.mark.parametrize(
    ("grain", "period", "as_of", "settles_after", "is_over"),
    [
        (Grain.month, date(2026, 9, 1), date(2026, 9, 29), 0, False),
        (Grain.month, date(2026, 9, 1), date(2026, 9, 30), 0, True),
        (Grain.month, date(2026, 12, 1), date(2026, 12, 31), 0, True),
        (Grain.month, date(2028, 2, 1), date(2028, 2, 28), 0, False),
        (Grain.week, date(2026, 10, 12), date(2026, 10, 17), 0, False),
        (Grain.week, date(2026, 10, 12), date(2026, 10, 18), 0, True),
        (Grain.day, date(2026, 10, 18), date(2026, 10, 18), 0, True),
        (Grain.day, date(2026, 10, 18), date(2026, 10, 24), 7, False),
        (Grain.day, date(2026, 10, 18), date(2026, 10, 25), 7, True),
        (Grain.hour, datetime(2026, 10, 18, 23), date(2026, 10, 18), 0, True),
        (Grain.hour, datetime(2026, 10, 19, 0), date(2026, 10, 18), 0, False),
    ],
)
def test_a_period_is_over_when_its_last_day_is(
    grain: Grain, period: date, as_of: date, settles_after: int, is_over: bool
) -> None:
    assert grain.is_over(period, as_of, settles_after) is is_over


@pytest.mark.parametrize(
    ("grain", "period", "periods", "before"),
    [
        (Grain.month, date(2026, 1, 1), 1, date(2025, 12, 1)),
        (Grain.month, date(2026, 3, 1), 14, date(2025, 1, 1)),
        (Grain.week, date(2026, 1, 5), 1, date(2025, 12, 29)),
        (Grain.day, date(2028, 3, 1), 7, date(2028, 2, 23)),
        (Grain.hour, datetime(2026, 10, 18, 3), 24, datetime(2026, 10, 17, 3)),
    ],
)
def test_so_many_periods_before_is_told_by_the_calendar(grain: Grain, period: date, periods: int, before: date) -> None:
    assert grain.before(period, periods) == before


@pytest.mark.parametrize(
    ("days", "against"),
    [((3, 8, 10), "Wed 3 Apr"), ((2, 4, 5, 6, 7, 8, 9, 10), "")],
    ids=["days without a row", "the day to compare with has none"],
)
def test_a_day_is_compared_with_the_one_a_week_before_and_with_no_other(days: tuple[int, ...], against: str) -> None:
    rows = ", ".join(f"(date '2024-04-{day:02}', {day})" for day in days)
    sql = f"select * from (values {rows}) as days(period, value)"
    tile = Tile("Attempts", "Why.", "finance.payments_daily.attempts", COUNT, Grain.day, sql, compare=7)
    facts = Facts("r", date(2024, 4, 10), datetime(2024, 4, 11), {}, frozenset(["finance.payments_daily"]), ())

    with duckdb.connect() as connection:
        shown = view(connection, tile, facts)

    assert isinstance(shown, TileView)
    assert (shown.value, shown.against) == ("10", against)
    assert shown.change == ("+233.3%" if against else None)


def test_a_column_of_kinds_becomes_a_column_per_kind_without_those_that_have_no_figure() -> None:
    rows = ((SEPTEMBER, "social", 3), (SEPTEMBER, "email", None), (OCTOBER, "month", 5), (OCTOBER, "social", 4))
    wide, names = widen(Frame(("month", "channel", "value"), rows), "channel", "value")

    assert names == {"s0": "month", "s1": "social"}
    assert wide == Frame(("month", "s0", "s1"), ((SEPTEMBER, None, 3), (OCTOBER, 5, 4)))


def test_a_period_without_a_row_gets_one_up_to_the_as_of_day() -> None:
    rows = ((date(2026, 10, 1), "web", 2), (date(2026, 10, 3), "web", 4), (date(2026, 10, 4), "ios", 1))
    filled = with_gaps(Frame(("day", "platform", "value"), rows), "day", Grain.day, date(2026, 10, 5), ["platform"])

    assert filled.rows == (
        (datetime(2026, 10, 1), "web", 2),
        (datetime(2026, 10, 2), "web", None),
        (datetime(2026, 10, 3), "web", 4),
        (datetime(2026, 10, 4), "web", None),
        (datetime(2026, 10, 5), "web", None),
        (datetime(2026, 10, 4), "ios", 1),
        (datetime(2026, 10, 5), "ios", None),
    )


def test_the_last_period_that_is_over_and_those_still_running_are_told_for_each_group() -> None:
    rows = tuple((month, name) for name in ("a", "b") for month in (date(2026, 8, 1), SEPTEMBER, OCTOBER))
    states = with_states(Frame(("month", "name"), rows), "month", Grain.month, date(2026, 10, 18), 0, ["name"])

    assert states.values(STATE) == [OVER, LAST_OVER, RUNNING] * 2


def test_rows_are_packed_by_columns() -> None:
    rows = ((date(1970, 1, 11), "web", 0.123456789, 2.0), (date(1970, 1, 12), "ios", None, 1.005))
    frame = Frame(("day", "platform", "rate", "whole"), rows)

    assert pack(frame, "day", Grain.day, is_money=False) == {
        "day": {"days": [10, 11]},
        "platform": {"names": ["web", "ios"], "places": [0, 1]},
        "rate": {"values": [0.12346, None]},
        "whole": {"values": [2, 1.005]},
    }
    assert pack(frame, "day", Grain.day, is_money=True)["rate"] == {"values": [0.12, None]}
    assert pack(Frame(("hour",), ((datetime(1970, 1, 2, 3),),)), "hour", Grain.hour, False) == {"hour": {"hours": [27]}}


def test_a_trend_lifts_its_pen_over_a_missing_figure_and_dashes_what_still_runs() -> None:
    drawn = sparkline([1, 2, None, 4, 3], running=1)

    assert 'class="over" d="M3.0 29.0L31.5 20.3M88.5 3.0"' in drawn
    assert 'class="running" d="M88.5 3.0L117.0 11.7"' in drawn
    assert sparkline([1]) == sparkline([None, None]) == ""


def test_hours_are_counted_to_days_of_the_reporting_time_zone() -> None:
    hours = "(timestamp '2024-04-06 12:00', 1), (timestamp '2024-04-06 13:00', 2), (timestamp '2024-04-07 13:00', 4)"
    sql = f"""
        select cast(hour as date) as period, sum(value) as value from (values {hours}) as hours(hour, value)
        group by cast(hour as date) order by period
        """
    tile = Tile("Requests", "Why.", "platform.api_performance_hourly.requests", COUNT, Grain.day, sql)
    tables = frozenset(["platform.api_performance_hourly"])
    facts = Facts("r", date(2024, 4, 7), datetime(2024, 4, 8), {}, tables, ())

    with duckdb.connect() as connection:
        shown = [view(connection, tile, facts, zone) for zone in ("UTC", "Australia/Lord_Howe")]

    # in Lord Howe, eleven hours ahead until 15:00 UTC of the 6th, then ten and a half, the 7th is 13:00 to 13:30 UTC
    assert [(one.value, one.period) for one in shown if isinstance(one, TileView)] == [
        ("4", "Sun 7 Apr 2024"),
        ("6", "Sun 7 Apr 2024"),
    ]
