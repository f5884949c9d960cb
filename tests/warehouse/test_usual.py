"""What is usual of a day: medians and MADs worked out by hand, seasons, and what can't be said."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import duckdb
import numpy as np
import pytest

from dagster_project.warehouse.watch.anomalies import SERIES
from dagster_project.warehouse.watch.usual import judge_days

MONDAY = date(2024, 1, 1)  # it is one


class Usual(NamedTuple):
    expected: float
    lowest: float
    highest: float
    deviation: float
    is_unusual: bool
    comparable_days: int
    compared_with: str


def judged(
    value: Callable[[date], float], days: int, kind: str = "count", basis: int | None = None, judged_days: int = 1
) -> list[Usual]:
    """What is said of the last days of a series that begins on MONDAY; a day that can't be judged is left out."""
    series = [MONDAY + timedelta(days=number) for number in range(days)]
    with duckdb.connect() as connection:
        connection.execute(SERIES)
        connection.execute(
            "insert into series select 'one', ?, unnest(?), unnest(?), ?",
            [kind, series, [float(value(day)) for day in series], basis],
        )
        judge_days(connection, series[-judged_days])
        rows = connection.execute("select columns(* exclude (series, day, value)) from usual order by day").fetchall()
    return [Usual(*row) for row in rows]


# The sixth to second Monday before the seventh; the first has no week before it that tells the level.
MONDAYS = [MONDAY + timedelta(weeks=week) for week in range(1, 6)]
TESTED = MONDAY + timedelta(weeks=6)


def mondays(values: list[float], tested: float, otherwise: float) -> Callable[[date], float]:
    known = dict(zip([*MONDAYS, TESTED], [*values, tested], strict=True))
    return lambda day: known.get(day, otherwise)


def test_a_rate_is_compared_by_the_median_and_mad_of_the_same_weekday() -> None:
    # median 0.14; |0.10 0.12 0.14 0.16 0.20 - 0.14| = .04 .02 0 .02 .06, median 0.02; 1.4826 * 0.02 = 0.029652
    rates = mondays([0.10, 0.12, 0.14, 0.16, 0.20], tested=0.25, otherwise=0.5)
    (found,) = judged(rates, 43, kind="rate", basis=10**9)
    assert found[:4] == pytest.approx((0.14, 0.14 - 3.5 * 0.029652, 0.14 + 3.5 * 0.029652, 0.11 / 0.029652))
    assert found[4:] == (True, 5, "weekday")


def test_a_count_is_compared_by_its_square_root() -> None:
    # the level is 100, the roots are 8 9 10 11 12: median 10, MAD 1; of 256 it is 16
    counts = mondays([64, 81, 100, 121, 144], tested=256, otherwise=100)
    (found,) = judged(counts, 43)
    assert found[:4] == pytest.approx((100, (10 - 3.5 * 1.4826) ** 2, (10 + 3.5 * 1.4826) ** 2, 6 / 1.4826))
    assert found.is_unusual


def test_the_day_itself_is_no_part_of_what_it_is_compared_with() -> None:
    (low,), (high,) = (judged(mondays([64, 81, 100, 121, 144], tested, 100), 43) for tested in (1, 10**6))
    assert low[:3] == high[:3]
    assert low.deviation == pytest.approx(-9 / 1.4826)


def test_a_constant_series_is_allowed_what_chance_does_to_a_count_of_its_size() -> None:
    # no scatter: the root of 100 is 10, half a unit of a root is the scale
    for tested, unusual in ((100, False), (137, False), (139, True), (69, False), (67, True), (0, True)):
        (found,) = judged(mondays([100] * 5, tested, 100), 43)
        assert found[:4] == pytest.approx((100, 8.25**2, 11.75**2, (math.sqrt(tested) - 10) / 0.5))
        assert found.is_unusual is unusual


def test_a_rate_without_scatter_is_allowed_its_binomial_error() -> None:
    # 20 % of 400: sqrt(0.2 * 0.8 / 400) = 0.02; none of 50: one case is 0.02
    (found,) = judged(lambda day: 0.2, 43, kind="rate", basis=400)
    assert found[1:3] == pytest.approx((0.13, 0.27))
    (found,) = judged(lambda day: 0.0, 43, kind="rate", basis=50)
    assert found[1:3] == pytest.approx((0, 0.07))


def test_an_amount_of_few_payments_is_allowed_more_than_one_of_many() -> None:
    # the root of 10,000 is 100; of 25 payments the scale is 100 / 5, of a million 1 % of 100
    (found,) = judged(lambda day: 10_000, 43, kind="amount", basis=25)
    assert found[1:3] == pytest.approx((30**2, 170**2))
    (found,) = judged(lambda day: 10_000, 43, kind="amount", basis=10**6)
    assert found[1:3] == pytest.approx((96.5**2, 103.5**2))


def weekends_low(day: date) -> float:
    return 20 if day.isoweekday() >= 6 else 100


def test_a_quiet_sunday_is_usual_and_a_monday_like_it_is_not() -> None:
    days = 7 * 20
    sunday, next_monday = judged(weekends_low, days + 1, judged_days=2)
    assert (sunday.expected, sunday.is_unusual) == (pytest.approx(20), False)
    assert (next_monday.expected, next_monday.is_unusual) == (pytest.approx(100), False)
    monday = MONDAY + timedelta(days=days)
    (found,) = judged(lambda day: 20 if day == monday else weekends_low(day), days + 1)
    assert found.is_unusual and found.deviation < 0
    sunday = monday - timedelta(days=1)
    (found,) = judged(lambda day: 100 if day == sunday else weekends_low(day), days)
    assert found.is_unusual and found.deviation > 0


def is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def test_a_month_end_is_compared_with_month_ends_once_there_are_five() -> None:
    def busy(day: date) -> float:
        return 400 if is_month_end(day) else 100

    # 31 May is the fifth month end, so that 30 June is the first that is judged by five
    june_30 = (date(2024, 6, 30) - MONDAY).days + 1
    (found,) = judged(busy, june_30)
    assert (found.is_unusual, found.comparable_days, found.compared_with) == (False, 5, "month end")
    assert found.expected == pytest.approx(400)
    (found,) = judged(lambda day: 100 if day == date(2024, 6, 30) else busy(day), june_30)
    assert found.is_unusual and found.deviation < 0
    (found,) = judged(busy, (date(2024, 5, 31) - MONDAY).days + 1)
    assert (found.is_unusual, found.compared_with) == (True, "weekday")


def test_what_comes_every_month_is_no_anomaly() -> None:
    def billing(day: date) -> float:
        return 400 if 5 <= day.day <= 8 else 100

    (found,) = judged(billing, (date(2024, 6, 6) - MONDAY).days + 1)
    assert (found.is_unusual, found.compared_with) == (False, "time of the month")


def test_growth_is_no_anomaly() -> None:
    found = judged(lambda day: round(100 * 1.01 ** (day - MONDAY).days), 300, judged_days=90)
    assert len(found) == 90
    assert not any(one.is_unusual for one in found)


def test_fewer_than_five_comparable_days_say_nothing() -> None:
    # 7 days for the level, then five weeks: the 43rd day is the first that can be judged
    assert judged(lambda day: 100, 42, judged_days=42) == []
    assert len(judged(lambda day: 100, 43, judged_days=43)) == 1


def test_false_alarms_of_noise_with_a_weekly_rhythm_are_few() -> None:
    """20 series of counts scattered more than by chance alone (negative binomial), half a year, 90 days judged."""
    rng = np.random.default_rng(5)
    unusual = judged_days = 0
    for level in np.geomspace(3, 3000, 20):
        values = {}
        for number in range(180):
            day = MONDAY + timedelta(days=number)
            mean = level * (0.7 if day.isoweekday() >= 6 else 1.1)
            values[day] = int(rng.negative_binomial(25, 25 / (25 + mean)))
        found = judged(values.__getitem__, 180, judged_days=90)
        unusual, judged_days = unusual + sum(one.is_unusual for one in found), judged_days + len(found)
    assert judged_days == 1800
    assert unusual <= 9  # half a percent


def test_most_deliveries_cut_to_a_fifth_are_found_in_that_noise() -> None:
    rng = np.random.default_rng(6)
    found = 0
    for _ in range(20):
        values = [int(rng.negative_binomial(25, 25 / 525)) for _ in range(100)]  # 500 a day, give or take 100
        values[-1] //= 5
        (last,) = judged(lambda day, values=values: values[(day - MONDAY).days], 100)
        found += last.is_unusual
    assert found >= 15
