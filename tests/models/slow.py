"""Slow ways to the models' figures, none through the code under test: simulated customers, integrals, sums."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import integrate, special, stats

BgNbdParameters = tuple[float, float, float, float]
# Fader, Hardie and Lee (2005), table 2: BG/NBD of the CDNOW sample.
CDNOW: BgNbdParameters = (0.243, 4.414, 0.793, 2.426)


@dataclass(frozen=True)
class Population:
    """Simulated customers: what is known of them at their age, and how often they pay in the weeks that follow."""

    frequency: np.ndarray
    recency_weeks: np.ndarray
    age_weeks: np.ndarray
    later: np.ndarray


def population(parameters: BgNbdParameters, customers: int, seed: int, later_weeks: float = 52.0) -> Population:
    """Customers who live as BG/NBD says, payment by payment, first paid 1 to 78 weeks ago."""
    r, alpha, a, b = parameters
    rng = np.random.default_rng(seed)
    age = rng.uniform(1, 78, customers)
    rate, dropout = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    time, recency = np.zeros(customers), np.zeros(customers)
    frequency, later = np.zeros(customers, dtype=int), np.zeros(customers, dtype=int)
    alive = rate > 0
    while alive.any():
        time[alive] += rng.exponential(1 / rate[alive])
        alive &= time <= age + later_weeks
        before, after = alive & (time <= age), alive & (time > age)
        frequency[before] += 1
        recency[before] = time[before]
        later[after] += 1
        alive &= rng.random(customers) > dropout
    return Population(frequency, recency, age, later)


def log_likelihood(parameters: BgNbdParameters, frequency: int, recency: float, age: float) -> float:
    """One history's log-likelihood as published (formula 6), with gamma functions."""
    r, alpha, a, b = parameters
    x = frequency
    beta = special.betaln(a, b)
    paid = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha)
    alive = math.exp(special.betaln(a, b + x) - beta + paid - (r + x) * math.log(alpha + age))
    gone = math.exp(special.betaln(a + 1, b + x - 1) - beta + paid - (r + x) * math.log(alpha + recency)) if x else 0.0
    return math.log(alive + gone)


def integrals(
    parameters: BgNbdParameters, frequency: int, recency: float, age: float, weeks: float
) -> tuple[float, float, float]:
    """(likelihood, probability alive, expected payments) of one history, by integrals over the customer's own rate and
    dropout probability, which are drawn at their quantiles."""
    r, alpha, a, b = parameters
    nodes, weights = special.roots_legendre(400)
    quantiles, weights = (nodes + 1) / 2, weights / 2
    rate = stats.gamma.ppf(quantiles, r, scale=1 / alpha)[:, None]
    dropout = stats.beta.ppf(quantiles, a, b)[None, :]
    alive = (1 - dropout) ** frequency * rate**frequency * np.exp(-rate * age)
    gone = 0.0
    if frequency:
        gone = dropout * (1 - dropout) ** (frequency - 1) * rate**frequency * np.exp(-rate * recency)
    each = np.outer(weights, weights)
    likelihood = float((each * (alive + gone)).sum())
    while_alive = -np.expm1(-rate * dropout * weeks) / np.maximum(dropout, 1e-300)
    return likelihood, float((each * alive).sum()) / likelihood, float((each * alive * while_alive).sum()) / likelihood


def expected_while_alive(parameters: BgNbdParameters, frequency: int, age: float, weeks: float) -> float:
    """Payments expected of a customer known to be alive, as a sum.

    Were he never to drop out, he would pay N times in `weeks`, N negative binomial by now. The payment after j others
    takes place where N > j and he survived those j, each time with the probability that beta(a, b + x) leaves.
    """
    r, alpha, a, b = parameters
    shape, scaled = r + frequency, weeks / (alpha + age)
    mean = shape * scaled
    enough = int(mean + 40 * (1 + scaled) + 12 * math.sqrt(mean * (1 + scaled)) + 50)
    before = np.arange(enough)
    survived = np.cumprod(np.concatenate([[1.0], (b + frequency + before[:-1]) / (a + b + frequency + before[:-1])]))
    return float(survived @ special.betainc(before + 1, shape, scaled / (1 + scaled)))


def gamma_gamma_log_likelihood(p: float, q: float, v: float, frequency: int, mean_value: float) -> float:
    """One customer's log-likelihood by an integral over his own rate nu."""

    def density(nu: float) -> float:
        of_mean = stats.gamma.pdf(mean_value, p * frequency, scale=1 / (nu * frequency))
        return float(of_mean * stats.gamma.pdf(nu, q, scale=1 / v))

    return math.log(integrate.quad(density, 0, np.inf, epsabs=0, limit=500)[0])
