"""Gamma-Gamma against published figures, simulated customers and integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dagster_project.models import gamma_gamma
from dagster_project.models.gamma_gamma import GammaGamma, GammaGammaLikelihood
from dagster_project.models.maximum import NoFitError
from tests.models import slow

# Fader, Hardie and Lee, "RFM and CLV" (2005) and note 025: the 946 repeat customers of the CDNOW sample.
P, Q, V = 6.25, 3.74, 15.44
CDNOW = GammaGamma(P, Q, V, log_likelihood=math.nan, q_error=0.3, observed_value=35.08)


def customers(p: float, q: float, v: float, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Simulated frequencies and mean values."""
    rng = np.random.default_rng(seed)
    frequency = rng.geometric(0.3, count)
    return frequency, rng.gamma(p * frequency) / frequency / rng.gamma(q, 1 / v, count)


def parameters(model: GammaGamma) -> list[float]:
    return [model.p, model.q, model.v]


def test_expected_values_are_those_published_for_the_cdnow_sample() -> None:
    # as in the documentation of the library lifetimes: customers 1, 2, 3 (no repeat) and 6 of the sample
    found = gamma_gamma.expected_value(CDNOW, np.array([2, 1, 0, 7]), np.array([22.35, 11.77, np.nan, 73.74]))
    np.testing.assert_allclose(found, [24.66, 18.91, 35.17, 71.46], rtol=2e-3)


@pytest.mark.parametrize(("frequency", "mean_value"), [(1, 11.77), (2, 22.35), (7, 73.74), (30, 5.0)])
def test_the_likelihood_is_an_integral_over_what_customers_are_like(frequency: int, mean_value: float) -> None:
    likelihood = GammaGammaLikelihood.of(np.array([frequency] * 3), np.array([mean_value] * 3))
    expected = 3 * slow.gamma_gamma_log_likelihood(P, Q, V, frequency, mean_value)
    assert likelihood(np.array([P, Q, V])).value == pytest.approx(expected, rel=1e-7)


def test_the_likelihood_keeps_its_digits_for_large_parameters() -> None:
    # p x = 200,000 and q = 2: gamma(p x + 2) / gamma(p x) = p x (p x + 1), exactly
    p, q, v, x, mean_value = 100_000.0, 2.0, 1e-4, 2, 10.0
    total = x * mean_value
    expected = math.log(p * x * (p * x + 1)) - p * x * math.log1p(v / total) - q * math.log1p(total / v)
    expected -= math.log(mean_value)
    likelihood = GammaGammaLikelihood.of(np.array([x]), np.array([mean_value]))
    assert likelihood(np.array([p, q, v])).value == pytest.approx(expected, abs=1e-9)


def test_the_slopes_of_the_likelihood_are_those_of_small_steps() -> None:
    likelihood, at = GammaGammaLikelihood.of(*customers(P, Q, V, 50, seed=1)), np.array([4.0, 3.0, 20.0])
    steps = 1e-6 * np.diag(at)
    values = [(likelihood(at + step).value - likelihood(at - step).value) / (2 * step.sum()) for step in steps]
    slopes = [(likelihood(at + step).gradient - likelihood(at - step).gradient) / (2 * step.sum()) for step in steps]
    np.testing.assert_allclose(likelihood(at).gradient, values, rtol=1e-6)
    np.testing.assert_allclose(likelihood(at).curvature, slopes, rtol=1e-5, atol=1e-9)


def test_the_fit_finds_the_parameters_that_customers_were_simulated_with() -> None:
    frequency, mean_value = customers(P, Q, V, 40_000, seed=7)
    fitted = gamma_gamma.fit(frequency, mean_value)
    # standard errors of a sample of this size: 3 %, 1 % and 4 %
    np.testing.assert_array_less(np.abs(np.log(np.array(parameters(fitted)) / [P, Q, V])), [0.09, 0.03, 0.12])
    at_truth = GammaGammaLikelihood.of(frequency, mean_value)(np.array([P, Q, V])).value
    assert at_truth < fitted.log_likelihood < at_truth + 10


def test_the_same_maximum_is_reached_from_far_apart_starts() -> None:
    frequency, mean_value = customers(P, Q, V, 1_000, seed=3)
    fits = [
        gamma_gamma.fit(frequency, mean_value, starts=((p, q, v),))
        for p in (0.001, 1_000.0)
        for q in (0.001, 1_000.0)
        for v in (0.001, 1_000.0)
    ]
    for fitted in fits:
        np.testing.assert_allclose(parameters(fitted), parameters(fits[0]), rtol=1e-8)


def test_another_currency_changes_only_v_and_the_density() -> None:
    frequency, mean_value = customers(P, Q, V, 1_000, seed=3)
    dollars, yen = gamma_gamma.fit(frequency, mean_value), gamma_gamma.fit(frequency, mean_value * 150)
    np.testing.assert_allclose([yen.p, yen.q, yen.v / 150], parameters(dollars), rtol=1e-9)
    assert yen.log_likelihood == pytest.approx(dollars.log_likelihood - 1_000 * math.log(150), rel=1e-9)


def test_customers_whose_refunds_leave_nothing_are_not_fitted_and_count_as_0() -> None:
    frequency, mean_value = customers(P, Q, V, 1_000, seed=3)
    more = np.append(frequency, [3, 2, 0]), np.append(mean_value, [0.0, -8.0, np.nan])
    fitted = gamma_gamma.fit(*more)
    assert fitted == gamma_gamma.fit(frequency, mean_value)
    found = gamma_gamma.expected_value(CDNOW, np.array([3, 2]), np.array([0.0, -8.0]))
    # by hand: p v / (p x + q - 1)
    np.testing.assert_allclose(found, [96.5 / 21.49, 96.5 / 15.24], rtol=1e-12)


def test_payments_that_never_vary_leave_every_customer_at_his_own_value() -> None:
    rng = np.random.default_rng(1)
    frequency, price = rng.integers(1, 12, 300), rng.choice([5.0, 10.0, 25.0], 300)
    fitted = gamma_gamma.fit(frequency, price)
    assert fitted.at_bound == ("p",)
    np.testing.assert_allclose(gamma_gamma.expected_value(fitted, frequency, price), price, rtol=1e-4)


def test_equal_values_are_expected_of_everybody() -> None:
    frequency = np.arange(1, 101)
    fitted = gamma_gamma.fit(frequency, np.full(100, 9.99))
    found = gamma_gamma.expected_value(fitted, np.array([0, 1, 50]), np.array([np.nan, 9.99, 9.99]))
    np.testing.assert_allclose(found, 9.99, rtol=1e-4)


def test_where_no_mean_exists_the_observed_average_stands_in() -> None:
    model = GammaGamma(p=0.2, q=0.7, v=5.0, log_likelihood=math.nan, q_error=0.01, observed_value=12.0)
    found = gamma_gamma.expected_value(model, np.array([0, 1, 10]), np.array([np.nan, 8.0, 8.0]))
    # by hand: p x + q - 1 = -0.3, -0.1 and 1.7
    np.testing.assert_allclose(found, [12.0, 12.0, 0.2 * 85.0 / 1.7])


def test_a_mean_that_barely_exists_is_not_taken_for_one() -> None:
    # each customer's payments of one size, 1 / exponential over customers (at its quantiles): q is about 1
    mean_value = -1 / np.log(np.linspace(0.005, 0.995, 100))
    fitted = gamma_gamma.fit(np.full(100, 3), mean_value)
    assert abs(fitted.q - 1) < 2 * fitted.q_error
    assert gamma_gamma.expected_value(fitted, np.array([0]), np.array([np.nan]))[0] == pytest.approx(mean_value.mean())


def test_the_standard_error_of_q_is_the_spread_of_fits_to_repeated_samples() -> None:
    fits = [gamma_gamma.fit(*customers(P, Q, V, 1_500, seed)) for seed in range(100)]
    spread = np.std([fitted.q for fitted in fits])
    # a spread of 100 samples is known to 7 %
    assert np.mean([fitted.q_error for fitted in fits]) == pytest.approx(spread, rel=0.2)


def test_too_few_customers_of_value_are_a_stated_reason() -> None:
    with pytest.raises(NoFitError, match="too few repeat customers of a mean value above 0: 29, at least 30"):
        gamma_gamma.fit(np.ones(60), np.array([5.0] * 29 + [-5.0] * 31))
