"""BG/NBD against published figures, simulated customers, integrals and sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from dagster_project.models import bgnbd
from dagster_project.models.bgnbd import BgNbd
from dagster_project.models.bgnbd_likelihood import BgNbdLikelihood
from dagster_project.models.maximum import MINIMUM_REPEAT_CUSTOMERS, NoFitError
from tests.models import slow

# x, t_x and T in weeks.
HISTORIES = [(0, 0.0, 38.86), (2, 30.43, 38.86), (1, 1.71, 38.86), (7, 29.43, 38.86), (29, 38.0, 38.86), (0, 0.0, 0.0)]
FREQUENCY, RECENCY, AGE = (np.array(column) for column in zip(*HISTORIES, strict=True))
CDNOW = BgNbd(*slow.CDNOW, log_likelihood=math.nan)


def parameters(model: BgNbd) -> list[float]:
    return [model.r, model.alpha, model.a, model.b]


def test_the_expectation_is_that_published_for_a_customer_of_the_cdnow_sample() -> None:
    # Fader and Hardie, "Implementing the BG/NBD Model for Customer Base Analysis in Excel" (2005): customer 1, 39 weeks
    expected = bgnbd.expected_purchases(CDNOW, np.array([2]), np.array([30.43]), np.array([38.86]), np.array([39.0]))
    assert expected[0, 0] == pytest.approx(1.226, abs=0.0005)


def test_without_a_repeat_the_likelihood_is_that_of_a_rate_alone() -> None:
    # by hand: (alpha / (alpha + T))^r = (4.414 / 43.274)^0.243, -0.5547 as a logarithm; 10 such customers
    likelihood = BgNbdLikelihood.of(np.zeros(10), np.zeros(10), np.full(10, 38.86))
    assert likelihood(np.array(slow.CDNOW)).value == pytest.approx(10 * 0.243 * math.log(4.414 / 43.274), rel=1e-12)


@pytest.mark.parametrize("at", [slow.CDNOW, (3.0, 20.0, 0.01, 0.02), (50.0, 10.0, 40.0, 900.0)])
def test_the_likelihood_is_the_published_formula_summed_over_customers(at: slow.BgNbdParameters) -> None:
    twice = np.tile(np.arange(len(HISTORIES)), 2)
    likelihood = BgNbdLikelihood.of(FREQUENCY[twice], RECENCY[twice], AGE[twice])
    expected = 2 * sum(slow.log_likelihood(at, *history) for history in HISTORIES)
    assert likelihood(np.array(at)).value == pytest.approx(expected, rel=1e-11)


def test_the_slopes_of_the_likelihood_are_those_of_small_steps() -> None:
    likelihood, at = BgNbdLikelihood.of(FREQUENCY, RECENCY, AGE), np.array([0.7, 6.0, 0.5, 3.0])
    steps = 1e-6 * np.diag(at)
    values = [(likelihood(at + step).value - likelihood(at - step).value) / (2 * step.sum()) for step in steps]
    slopes = [(likelihood(at + step).gradient - likelihood(at - step).gradient) / (2 * step.sum()) for step in steps]
    np.testing.assert_allclose(likelihood(at).gradient, values, rtol=1e-6)
    np.testing.assert_allclose(likelihood(at).curvature, slopes, rtol=1e-5, atol=1e-9)


def test_the_fit_finds_the_parameters_that_customers_were_simulated_with() -> None:
    customers = slow.population(slow.CDNOW, 60_000, seed=4)
    fitted = bgnbd.fit(customers.frequency, customers.recency_weeks, customers.age_weeks)
    # standard errors of a sample of this size: 1.0 %, 1.6 %, 3.9 % and 5.1 %
    np.testing.assert_array_less(np.abs(np.log(np.array(parameters(fitted)) / slow.CDNOW)), [0.03, 0.05, 0.12, 0.15])
    likelihood = BgNbdLikelihood.of(customers.frequency, customers.recency_weeks, customers.age_weeks)
    assert likelihood(np.array(slow.CDNOW)).value < fitted.log_likelihood
    assert fitted.at_bound == ()


@pytest.mark.parametrize("truth", [slow.CDNOW, (2.0, 15.0, 0.3, 4.0), (0.1, 1.0, 3.0, 1.0)])
def test_the_same_maximum_is_reached_from_far_apart_starts(truth: slow.BgNbdParameters) -> None:
    customers = slow.population(truth, 1_500, seed=8)
    fits = [
        bgnbd.fit(customers.frequency, customers.recency_weeks, customers.age_weeks, starts=((r, alpha, a, b),))
        for r in (0.001, 500.0)
        for alpha in (0.001, 5_000.0)
        for a in (0.001, 500.0)
        for b in (0.001, 500.0)
    ]
    for fitted in fits:
        np.testing.assert_allclose(parameters(fitted), parameters(fits[0]), rtol=1e-7)
        assert fitted.log_likelihood == pytest.approx(fits[0].log_likelihood, rel=1e-12)


def test_a_population_a_thousand_times_over_has_the_same_parameters() -> None:
    customers = slow.population(slow.CDNOW, 300, seed=8)
    once = (customers.frequency, customers.recency_weeks, customers.age_weeks)
    fitted, again = bgnbd.fit(*once), bgnbd.fit(*(np.tile(column, 1_000) for column in once))
    np.testing.assert_allclose(parameters(again), parameters(fitted), rtol=1e-7)
    assert again.log_likelihood == pytest.approx(1_000 * fitted.log_likelihood, rel=1e-12)


def test_where_nobody_drops_out_the_better_of_the_two_maxima_is_found() -> None:
    customers = slow.population((0.5, 5.0, 1e-9, 5.0), 3_000, seed=5)
    history = (customers.frequency, customers.recency_weeks, customers.age_weeks)
    corners = [(1.0, 10.0, a, b) for a in (1e-4, 1e-2, 1.0, 100.0) for b in (1e-4, 1e-2, 1.0, 100.0)]
    best = max(bgnbd.fit(*history, starts=(corner,)).log_likelihood for corner in corners)
    assert bgnbd.fit(*history).log_likelihood == pytest.approx(best, abs=0.01)


@pytest.mark.parametrize("history", HISTORIES)
def test_probability_alive_and_expectation_are_integrals_over_what_customers_are_like(
    history: tuple[int, float, float],
) -> None:
    frequency, recency, age = (np.array([value]) for value in history)
    likelihood, alive, expected = slow.integrals(slow.CDNOW, *history, weeks=52.0)
    assert slow.log_likelihood(slow.CDNOW, *history) == pytest.approx(math.log(likelihood), rel=1e-4)
    assert bgnbd.probability_alive(CDNOW, frequency, recency, age)[0] == pytest.approx(alive, rel=1e-4)
    found = bgnbd.expected_purchases(CDNOW, frequency, recency, age, np.array([52.0]))
    assert found[0, 0] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    "at",
    [
        slow.CDNOW,
        (0.8265, 9.84, 0.00344, 6.745),  # nearly nobody drops out
        (0.5, 3.0, 1.0, 2.0),  # a = 1, where the published formula is 0 / 0
        (0.5, 3.0, 0.4, 0.6),  # a + b = 1, where it is infinite without a repeat
        (30_000.0, 90_000.0, 0.5, 3.0),  # one rate for all
        (0.5, 3.0, 2_000.0, 100_000.0),  # one dropout probability for all
        (0.1, 0.3, 300.0, 5.0),  # nearly everybody drops out
    ],
)
def test_the_expectation_is_the_sum_over_payments_to_come(at: slow.BgNbdParameters) -> None:
    model = BgNbd(*at, log_likelihood=math.nan)
    frequency, age = np.array([0, 0, 1, 3, 40, 300]), np.array([0.0, 50.0, 1.0, 20.0, 52.0, 150.0])
    alive = bgnbd.probability_alive(model, frequency, age * 0.9, age)
    found = bgnbd.expected_purchases(model, frequency, age * 0.9, age, np.array([4.345, 52.14]))
    expected = [
        [slow.expected_while_alive(at, repeats, weeks, horizon) for horizon in (4.345, 52.14)]
        for repeats, weeks in zip(frequency, age, strict=True)
    ]
    np.testing.assert_allclose(found / alive[:, None], expected, rtol=1e-8)


def test_the_expectation_is_the_published_formula_with_the_hypergeometric_function() -> None:
    r, alpha, a, b = slow.CDNOW
    x, age, weeks = FREQUENCY, AGE, 39.0
    series = special.hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
    numerator = 1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * series
    odds = np.where(x > 0, a / (b + x - 1) * ((alpha + age) / (alpha + RECENCY)) ** (r + x), 0)
    expected = (a + b + x - 1) / (a - 1) * numerator / (1 + odds)
    found = bgnbd.expected_purchases(CDNOW, x, RECENCY, age, np.array([weeks]))
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)


def test_simulated_customers_go_on_to_pay_as_often_as_expected() -> None:
    truth = (0.6, 5.0, 0.7, 2.5)
    customers = slow.population(truth, 200_000, seed=12)
    model = BgNbd(*truth, log_likelihood=math.nan)
    history = (customers.frequency, customers.recency_weeks, customers.age_weeks)
    expected = bgnbd.expected_purchases(model, *history, np.array([52.0]))[:, 0]
    for lowest, highest in [(0, 0), (1, 1), (2, 4), (5, 1_000)]:
        alike = (customers.frequency >= lowest) & (customers.frequency <= highest)
        error = customers.later[alike].std() / np.sqrt(alike.sum())
        assert abs(customers.later[alike].mean() - expected[alike].mean()) < 3 * error


def test_customers_who_are_all_alike_put_parameters_at_their_bounds_and_still_have_an_expectation() -> None:
    # one rate of 0.1 a week, and one dropout probability of 0.1, for all
    customers = slow.population((1e6, 1e7, 1e6, 9e6), 3_000, seed=2)
    fitted = bgnbd.fit(customers.frequency, customers.recency_weeks, customers.age_weeks)
    assert "r" in fitted.at_bound
    assert fitted.r / fitted.alpha == pytest.approx(0.1, rel=0.05)
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(0.1, rel=0.1)
    expected = bgnbd.expected_purchases(fitted, np.array([0]), np.array([0.0]), np.array([20.0]), np.array([52.0]))
    # by hand: (1 - exp(-0.1 * 0.1 * 52)) / 0.1
    assert expected[0, 0] == pytest.approx(4.055, rel=0.05)


def test_too_few_repeat_customers_are_a_stated_reason() -> None:
    frequency = np.array([0] * 500 + [1] * (MINIMUM_REPEAT_CUSTOMERS - 1))
    with pytest.raises(NoFitError, match="too few repeat customers: 29, at least 30 are needed"):
        bgnbd.fit(frequency, frequency * 2.0, np.full(len(frequency), 30.0))
