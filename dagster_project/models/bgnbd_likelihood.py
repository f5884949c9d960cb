"""The log-likelihood of BG/NBD with its first and second derivatives, over distinct histories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from dagster_project.models.grouping import group
from dagster_project.models.maximum import Level


def log_odds_of_dropout(
    r: float, alpha: float, a: float, b: float, repeats: np.ndarray, recency_weeks: np.ndarray, age_weeks: np.ndarray
) -> np.ndarray:
    """Log odds that a customer with one repeat payment or more dropped out after the last."""
    silence = np.log(alpha + age_weeks) - np.log(alpha + recency_weeks)
    return np.log(a) - np.log(b + repeats - 1) + (r + repeats) * silence


@dataclass(frozen=True)
class BgNbdLikelihood:
    """A population as its distinct histories: `ages` and `counts` of all, the other three of those with a repeat.

    `above[i]` is how many customers have more than i repeats. The gamma functions of the published form (formula 6)
    are products of r + i, b + i and a + b + i over i below the frequency; as sums over i of `above` they keep all
    digits where gamma functions of large parameters cancel.
    """

    frequencies: np.ndarray
    ages: np.ndarray
    counts: np.ndarray
    repeated: np.ndarray
    recencies: np.ndarray
    above: np.ndarray

    @classmethod
    def of(cls, frequency: np.ndarray, recency_weeks: np.ndarray, age_weeks: np.ndarray) -> BgNbdLikelihood:
        """Group one row per customer."""
        histories = group(frequency, recency_weeks, age_weeks)
        frequencies = frequency[histories.first].astype(np.int64)
        by_frequency = np.bincount(frequencies, weights=histories.sizes)
        return cls(
            frequencies=frequencies,
            ages=age_weeks[histories.first],
            counts=histories.sizes.astype(float),
            repeated=np.flatnonzero(frequencies > 0),
            recencies=recency_weeks[histories.first],
            above=by_frequency.sum() - np.cumsum(by_frequency)[:-1],
        )

    def __call__(self, parameters: np.ndarray) -> Level:
        """The log-likelihood at (r, alpha, a, b)."""
        parts = [self._of_numbers(*parameters), self._of_ages(*parameters), self._of_dropout(*parameters)]
        return Level(
            sum(part.value for part in parts),
            np.sum([part.gradient for part in parts], axis=0),
            np.sum([part.curvature for part in parts], axis=0),
        )

    def _of_numbers(self, r: float, alpha: float, a: float, b: float) -> Level:
        """The part that depends on the number of repeats alone."""
        i, above = np.arange(len(self.above)), self.above
        value = above @ (np.log(r + i) + np.log(b + i) - np.log(a + b + i))
        by_r, by_b, by_sum = (above @ (1 / (shift + i)) for shift in (r, b, a + b))
        by_rr, by_bb, by_sums = (above @ (1 / (shift + i) ** 2) for shift in (r, b, a + b))
        return Level(
            float(value),
            np.array([by_r, 0, -by_sum, by_b - by_sum]),
            np.array([[-by_rr, 0, 0, 0], [0, 0, 0, 0], [0, 0, by_sums, by_sums], [0, 0, by_sums, by_sums - by_bb]]),
        )

    def _of_ages(self, r: float, alpha: float, a: float, b: float) -> Level:
        """The part of a rate that was observed over the whole age: alpha^r / (alpha + age)^(r + x)."""
        inverse = 1 / (alpha + self.ages)
        passed, shape = np.log1p(self.ages / alpha), r + self.frequencies
        value = -self.counts @ (r * passed + self.frequencies * np.log(alpha + self.ages))
        by_ra = self.counts @ (1 / alpha - inverse)
        by_aa = self.counts @ (shape * inverse**2 - r / alpha**2)
        return Level(
            float(value),
            np.array([-self.counts @ passed, self.counts @ (r / alpha - shape * inverse), 0, 0]),
            np.array([[0, by_ra, 0, 0], [by_ra, by_aa, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        )

    def _of_dropout(self, r: float, alpha: float, a: float, b: float) -> Level:
        """The part of customers with a repeat: log(1 + odds of dropout), whose slope is the probability of it."""
        counts, ages, recencies = self.counts[self.repeated], self.ages[self.repeated], self.recencies[self.repeated]
        repeats = self.frequencies[self.repeated]
        odds = log_odds_of_dropout(r, alpha, a, b, repeats, recencies, ages)
        gone = expit(odds)
        then, now, last = 1 / (alpha + recencies), 1 / (alpha + ages), 1 / (b + repeats - 1)
        slopes = np.stack([np.log(then) - np.log(now), (r + repeats) * (now - then), np.full(len(odds), 1 / a), -last])
        curvature = (slopes * (counts * gone * (1 - gone))) @ slopes.T
        weights = counts * gone
        curvature[0, 1] += weights @ (now - then)
        curvature[1, 0] = curvature[0, 1]
        curvature[1, 1] += weights @ ((r + repeats) * (then**2 - now**2))
        curvature[2, 2] -= weights.sum() / a**2
        curvature[3, 3] += weights @ last**2
        return Level(float(counts @ np.logaddexp(0, odds)), slopes @ weights, curvature)
