"""Forecasts against what is known of the series: laws that they follow, and what happened next."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project.forecasts import predict
from dagster_project.forecasts.predict import DAY, MONTH, SEASONAL_NAIVE, SMOOTHING, forecast

WEEK = np.array([1.0, 1.1, 1.2, 1.1, 0.9, 0.7, 0.6])


def days(count: int, level: float = 100, growth: float = 0.0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A series with a week, exponential growth a day, and noise as a share of its size."""
    place = np.arange(count)
    scatter = np.exp(np.random.default_rng(seed).normal(0, noise, count)) if noise else 1
    return level * np.exp(growth * place) * np.resize(WEEK, count) * scatter


@pytest.mark.parametrize(("grain", "short"), [(DAY, 69), (MONTH, 11)])
def test_too_little_history_says_nothing(grain, short: int) -> None:
    assert forecast(np.full(short, 5.0), "count", grain) is None
    assert len(forecast(np.full(short + 1, 5.0), "count", grain).value) == grain.ahead


def test_a_week_that_repeats_is_forecast_exactly() -> None:
    found = forecast(days(140), "count", DAY)
    assert found.value == pytest.approx(days(140 + 84)[140:], rel=1e-6)
    assert (found.error, found.naive_error) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))


def test_one_day_without_a_delivery_does_not_blow_up_the_bounds() -> None:
    series = days(140, level=1000, noise=0.05)
    series[60] = 0
    found = forecast(series, "count", DAY)
    assert found.lowest[-1] > 100 and found.highest[-1] < 3 * series.max()


def test_a_history_with_a_gap_is_no_history() -> None:
    with pytest.raises(ValueError, match="a value for every period"):
        forecast(np.r_[np.nan, days(100)], "level", DAY)


def test_a_trend_fades() -> None:
    months = np.arange(36) * 2.0 + np.random.default_rng(1).normal(0, 0.5, 36)
    found = forecast(months, "level", MONTH)
    steps = np.diff(found.value)
    assert found.method == SMOOTHING
    assert 0 < steps[-1] < steps[0]


def test_growth_is_carried_on_and_beats_the_week_before() -> None:
    found = forecast(days(280, growth=0.004, noise=0.05), "count", DAY)
    future = days(280 + 84, growth=0.004)[280:]
    assert found.method == SMOOTHING
    assert found.error < found.naive_error
    assert np.abs(found.value[:28] / future[:28] - 1).mean() < 0.06


def test_the_way_that_was_nearer_to_the_last_four_weeks_is_taken() -> None:
    methods = set()
    for seed in range(8):
        walk = 1000 + np.cumsum(np.random.default_rng(seed).normal(0, 10, 140))
        found = forecast(walk, "level", DAY)
        before = np.resize(walk[105:112], 28)
        assert found.naive_error == pytest.approx(np.abs(before - walk[112:]).mean() / walk[112:].mean())
        assert found.error <= found.naive_error
        assert (found.method == SEASONAL_NAIVE) == (found.error == found.naive_error)
        methods.add(found.method)
    assert methods == {SMOOTHING, SEASONAL_NAIVE}


def test_eight_of_ten_days_fall_between_the_bounds() -> None:
    inside = []
    for seed in range(12):
        series = days(308, growth=0.002, noise=0.1, seed=seed)
        found = forecast(series[:280], "count", DAY)
        inside.append((found.lowest[:28] <= series[280:]) & (series[280:] <= found.highest[:28]))
    assert 0.7 < np.mean(inside) < 0.9


def test_bounds_widen_with_time_and_hold_the_value() -> None:
    found = forecast(days(140, noise=0.1), "amount", DAY)
    width = found.highest - found.lowest
    assert (found.lowest <= found.value).all() and (found.value <= found.highest).all()
    assert width[77:].mean() > width[:7].mean()


def test_nothing_impossible_is_expected() -> None:
    falling = forecast(np.maximum(days(140, growth=-0.05), 0.0), "count", DAY)
    assert (falling.lowest >= 0).all()
    rate = forecast(np.linspace(0.5, 0.99, 24), "rate", MONTH)
    assert (rate.highest <= 1).all() and (rate.lowest >= 0).all()
    level = forecast(np.linspace(90, 1, 24), "level", MONTH)
    assert (level.lowest >= 0).all()


@pytest.mark.parametrize("kind", ["count", "amount", "rate", "level"])
def test_a_series_of_zeros_stays_there_and_has_no_relative_error(kind) -> None:
    found = forecast(np.zeros(100), kind, DAY)
    assert (found.value.max(), found.highest.max()) == (0, 0)
    assert (found.error, found.naive_error) == (None, None)


def test_the_same_history_has_the_same_forecast() -> None:
    first, second = (forecast(days(140, noise=0.1), "count", DAY) for _ in range(2))
    assert (first.value == second.value).all() and (first.highest == second.highest).all()


def test_bounds_of_the_season_before_are_those_of_its_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_fit(*_: object) -> None:
        return None

    monkeypatch.setitem(predict._WAYS, SMOOTHING, no_fit)
    # every change is 2, so one step has that deviation, and four steps twice as much
    found = forecast(np.resize([10.0, 12.0], 12), "level", MONTH)
    assert found.method == SEASONAL_NAIVE
    assert found.value == pytest.approx(np.full(6, 12.0))
    assert (found.highest - found.value)[[0, 3]] == pytest.approx([2 * 1.2815516, 4 * 1.2815516])
    # the tested months are 12, 10, 12, the one before them 10
    assert found.naive_error == pytest.approx((2 + 0 + 2) / (12 + 10 + 12))
