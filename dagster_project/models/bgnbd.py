"""BG/NBD: how often a customer pays again, and whether he still does.

Fader, Hardie and Lee, "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD Model", Marketing
Science 24 (2005) 275-284. While alive, a customer pays at a rate that varies over customers as gamma(r, alpha); after
each repeat payment he drops out with a probability that varies as beta(a, b). Of a customer the model knows
`frequency` (repeat payments), `recency_weeks` (from the first to the last payment, 0 without a repeat) and
`age_weeks` (from the first payment to now).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import expit

from dagster_project.models.bgnbd_likelihood import BgNbdLikelihood, log_odds_of_dropout
from dagster_project.models.grouping import group
from dagster_project.models.maximum import MINIMUM_REPEAT_CUSTOMERS, SCALE_BOUND, SHAPE_BOUND, NoFitError, maximise

PARAMETERS = ("r", "alpha", "a", "b")
BOUNDS = (SHAPE_BOUND, SCALE_BOUND, SHAPE_BOUND, SHAPE_BOUND)
# (r, alpha, a, b). Where hardly anybody drops out there can be two maxima, nobody ever or a few at once: the last
# two starts lead to the one and the other.
STARTS = ((0.2, 2.0, 0.5, 2.0), (10.0, 100.0, 10.0, 100.0), (1.0, 10.0, 0.1, 5.0), (1.0, 10.0, 0.001, 0.01))
# Points of the quadrature: errors are below 1e-12 unless the horizon is 100 times alpha + age, 1e-5 at 1,000 times.
_POINTS = 96


@dataclass(frozen=True)
class BgNbd:
    """A fitted model; `at_bound` names parameters for which the likelihood has no maximum within bounds."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    at_bound: tuple[str, ...] = ()


def fit(
    frequency: np.ndarray,
    recency_weeks: np.ndarray,
    age_weeks: np.ndarray,
    starts: tuple[tuple[float, float, float, float], ...] = STARTS,
) -> BgNbd:
    """Fit by maximum likelihood without penalty to one row per customer; raises NoFitError with the reason."""
    repeaters = int((frequency > 0).sum())
    if repeaters < MINIMUM_REPEAT_CUSTOMERS:
        raise NoFitError(f"too few repeat customers: {repeaters}, at least {MINIMUM_REPEAT_CUSTOMERS} are needed")
    maximum = maximise(BgNbdLikelihood.of(frequency, recency_weeks, age_weeks), starts, BOUNDS)
    r, alpha, a, b = map(float, maximum.parameters)
    return BgNbd(r, alpha, a, b, maximum.log_likelihood, tuple(PARAMETERS[index] for index in maximum.at_bound))


def probability_alive(
    model: BgNbd, frequency: np.ndarray, recency_weeks: np.ndarray, age_weeks: np.ndarray
) -> np.ndarray:
    """The probability that each customer has not dropped out; 1 without a repeat, for dropout follows repeats only."""
    repeats = np.maximum(frequency, 1)
    odds = log_odds_of_dropout(model.r, model.alpha, model.a, model.b, repeats, recency_weeks, age_weeks)
    return np.where(frequency > 0, expit(-odds), 1.0)


def expected_purchases(
    model: BgNbd, frequency: np.ndarray, recency_weeks: np.ndarray, age_weeks: np.ndarray, weeks: np.ndarray
) -> np.ndarray:
    """Payments expected of each customer (rows) within each horizon of `weeks` from now (columns).

    Formula (10) of the paper, as the probability of being alive times what is expected of a customer who is.
    """
    alive = probability_alive(model, frequency, recency_weeks, age_weeks)
    ages = group(frequency, age_weeks)  # recency tells nothing more of a customer who is alive
    expected = _expected_while_alive(model, frequency[ages.first], age_weeks[ages.first], weeks)
    return expected[ages.of_row] * alive[:, None]


def _expected_while_alive(model: BgNbd, frequency: np.ndarray, age_weeks: np.ndarray, weeks: np.ndarray) -> np.ndarray:
    """Expected payments of customers known to be alive.

    A customer with dropout probability p pays (1 - (1 + p y)^-(r + x)) / p times, y = weeks / (alpha + age), and p is
    beta(a, b + x) by now. The mean over p, taken by Gauss's quadrature for that density, is the paper's expression
    with the hypergeometric function 2F1, which overflows, cancels near a = 1 and is not always found by scipy.
    """
    frequencies, of_row = np.unique(frequency, return_inverse=True)
    rules = [_beta_quadrature(model.a, model.b + repeats) for repeats in frequencies]
    points, weights = (np.stack(column)[of_row].T[:, :, None] for column in zip(*rules, strict=True))
    shape = (model.r + frequency)[:, None]
    scaled = weeks / (model.alpha + age_weeks)[:, None]
    expected = np.zeros(scaled.shape)
    for point, weight in zip(points, weights, strict=True):
        expected -= np.expm1(-shape * np.log1p(point * scaled)) * (weight / point)
    return expected


def _beta_quadrature(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of Gauss's quadrature for the density beta(a, b), by the Golub-Welsch algorithm.

    The Jacobi polynomials' recurrence in terms of the density itself never overflows, however large a and b are.
    """
    order = np.arange(1, _POINTS, dtype=float)
    twice = 2 * order + a + b
    centre = np.concatenate([[a / (a + b)], 0.5 + (a - b) * (a + b - 2) / (2 * twice * (twice - 2))])
    # the first by itself: its general form is 0 / 0 where a + b = 1
    spread = order * (order + a - 1) * (order + b - 1) / ((twice - 2) ** 2 * (twice - 1))
    spread[1:] *= (order[1:] + a + b - 2) / (twice[1:] - 3)
    points, vectors = eigh_tridiagonal(centre, np.sqrt(spread))
    # rounding can put a point of a density that is all at 0 below it; the integrand is level there
    return np.maximum(points, 1e-12), vectors[0] ** 2
