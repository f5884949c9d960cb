"""Gamma-Gamma: what a payment of each customer is worth on average.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013), brucehardie.com/notes/025. A customer's payments
vary as gamma(p, nu) about his own mean, and nu varies over customers as gamma(q, v). As in Fader, Hardie and Lee, "RFM
and CLV", Journal of Marketing Research 42 (2005) 415-430, the value of a customer is the mean of his repeat payments,
the first one left out, over `frequency` repeats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from dagster_project.models.grouping import group
from dagster_project.models.maximum import (
    MINIMUM_REPEAT_CUSTOMERS,
    SCALE_BOUND,
    SHAPE_BOUND,
    Level,
    NoFitError,
    maximise,
)

PARAMETERS = ("p", "q", "v")
BOUNDS = (SHAPE_BOUND, SHAPE_BOUND, SCALE_BOUND)
# (p, q, v) where the mean value is 1.
STARTS = ((2.0, 2.0, 1.0), (10.0, 3.0, 0.3), (0.5, 10.0, 10.0))


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model; `at_bound` names parameters for which the likelihood has no maximum within bounds.

    `q_error` is the standard error of q, `observed_value` the average over the fitted customers of their mean values.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    q_error: float
    observed_value: float
    at_bound: tuple[str, ...] = ()

    @property
    def least_weight(self) -> float:
        """How far p x + q has to be above 1 for an expected value.

        The mean of all customers, p v / (q - 1), exists for q > 1 only. For a q that may as well be 1 it is any number:
        47 simulated customers with an average of 6 gave q = 1.004 and a mean of 371.
        """
        return 2 * self.q_error


def fittable(frequency: np.ndarray, mean_value: np.ndarray) -> np.ndarray:
    """Which customers the model can be fitted to: with a repeat, and a mean value above 0 (refunds may leave less)."""
    return (frequency > 0) & (mean_value > 0) & np.isfinite(mean_value)


def fit(
    frequency: np.ndarray,
    mean_value: np.ndarray,
    starts: tuple[tuple[float, float, float], ...] = STARTS,
) -> GammaGamma:
    """Fit by maximum likelihood without penalty to the fittable customers; raises NoFitError with the reason."""
    fitted = fittable(frequency, mean_value)
    customers = int(fitted.sum())
    if customers < MINIMUM_REPEAT_CUSTOMERS:
        raise NoFitError(
            f"too few repeat customers of a mean value above 0: {customers},"
            f" at least {MINIMUM_REPEAT_CUSTOMERS} are needed"
        )
    values = mean_value[fitted]
    observed = float(values.mean())
    # in units of the average, so that bounds and starts mean the same in every currency
    maximum = maximise(GammaGammaLikelihood.of(frequency[fitted], values / observed), starts, BOUNDS)
    p, q, v = map(float, maximum.parameters)
    log_likelihood = maximum.log_likelihood - customers * float(np.log(observed))
    at_bound = tuple(PARAMETERS[index] for index in maximum.at_bound)
    return GammaGamma(p, q, v * observed, log_likelihood, q * float(maximum.standard_errors[1]), observed, at_bound)


def expected_value(model: GammaGamma, frequency: np.ndarray, mean_value: np.ndarray) -> np.ndarray:
    """The value expected of each customer's payments: p (v + x m) / (p x + q - 1), p v / (q - 1) without repeats.

    A mean value below 0 counts as 0. Where p x + q is not surely above 1, the observed average stands in.
    """
    spent = np.where(frequency > 0, frequency * np.fmax(mean_value, 0.0), 0.0)
    weight = model.p * frequency + model.q - 1
    exists = weight > model.least_weight
    return np.where(exists, model.p * (model.v + spent) / np.where(exists, weight, 1.0), model.observed_value)


@dataclass(frozen=True)
class GammaGammaLikelihood:
    """Customers as distinct pairs of frequency and total value with their counts; and the distinct frequencies."""

    frequencies: np.ndarray
    totals: np.ndarray
    counts: np.ndarray
    distinct: np.ndarray
    counts_of_distinct: np.ndarray

    @classmethod
    def of(cls, frequency: np.ndarray, mean_value: np.ndarray) -> GammaGammaLikelihood:
        """Group one row per customer."""
        customers = group(frequency, mean_value)
        frequencies = frequency[customers.first].astype(float)
        distinct, codes = np.unique(frequencies, return_inverse=True)
        return cls(
            frequencies=frequencies,
            totals=frequencies * mean_value[customers.first],
            counts=customers.sizes.astype(float),
            distinct=distinct,
            counts_of_distinct=np.bincount(codes, weights=customers.sizes),
        )

    def __call__(self, parameters: np.ndarray) -> Level:
        """The log-likelihood at (p, q, v)."""
        p, q, v = parameters
        x, count = self.frequencies, self.counts
        both = 1 / (v + self.totals)
        of_total, of_v = -np.log1p(v / self.totals), -np.log1p(self.totals / v)
        value = count @ (p * x * of_total + q * of_v - np.log(self.totals / x))
        by_v = count @ ((q * self.totals / v - p * x) * both)
        by_pv, by_qv = -(count * x) @ both, (count * self.totals) @ both / v
        by_vv = count @ ((p * x + q) * both**2) - count.sum() * q / v**2
        gammas = self._of_gammas(p, q)
        return Level(
            float(value) + gammas.value,
            gammas.gradient + np.array([(count * x) @ of_total, count @ of_v, by_v]),
            gammas.curvature + np.array([[0, 0, by_pv], [0, 0, by_qv], [by_pv, by_qv, by_vv]]),
        )

    def _of_gammas(self, p: float, q: float) -> Level:
        """Of log gamma(p x + q) - log gamma(p x) - log gamma(q), which depends on the frequency alone."""
        x, count = self.distinct, self.counts_of_distinct
        value = count @ _log_rising(p * x, q) - count.sum() * gammaln(q)
        slope_p, slope_q = digamma(p * x + q) - digamma(p * x), digamma(p * x + q) - digamma(q)
        bend = polygamma(1, p * x + q)
        by_pp = (count * x**2) @ (bend - polygamma(1, p * x))
        by_pq, by_qq = (count * x) @ bend, count @ (bend - polygamma(1, q))
        return Level(
            float(value),
            np.array([(count * x) @ slope_p, count @ slope_q, 0]),
            np.array([[by_pp, by_pq, 0], [by_pq, by_qq, 0], [0, 0, 0]]),
        )


def _log_rising(z: np.ndarray, q: float) -> np.ndarray:
    """log gamma(z + q) - log gamma(z); by Stirling's series for large z, where the difference loses its digits."""

    def rest(at: np.ndarray) -> np.ndarray:
        return 1 / (12 * at) - 1 / (360 * at**3) + 1 / (1260 * at**5)

    far = np.maximum(z, 100.0)
    series = (far - 0.5) * np.log1p(q / far) + q * np.log(far + q) - q + rest(far + q) - rest(far)
    return np.where(z < 100.0, gammaln(z + q) - gammaln(z), series)
