"""Customer lifetime value: what each customer has brought, and what the next 12 months are expected to bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.models import bgnbd, gamma_gamma
from dagster_project.models.bgnbd import BgNbd
from dagster_project.models.gamma_gamma import GammaGamma
from dagster_project.models.maximum import NoFitError

DAYS_A_WEEK = 7
MONTHS = np.arange(1, 13)
WEEKS_A_MONTH = 365 / 12 / DAYS_A_WEEK
DISCOUNT_A_YEAR = 0.10


@dataclass(frozen=True)
class CustomerLifetimeValue:
    """The outcome for a population.

    `customers`, a row per customer in the order given: user_id, expected_payments_12m, expected_value_12m (without
    discount), probability_alive, clv. `parameters`, a row per parameter: parameter, value, note; a note says why a
    value is missing, or how it is to be read.
    """

    customers: pd.DataFrame
    parameters: pd.DataFrame


def customer_lifetime_value(customers: pd.DataFrame, gross_margin: float) -> CustomerLifetimeValue:
    """Fit both models to a population and value each customer.

    `customers` has a row for everyone who ever paid, the payments of one day being one: user_id, repeat_payments (the
    first left out), recency_days (from the first to the last payment), age_days (from the first payment to the as-of
    day), mean_repeat_value (null without repeats), historical_value. Where a model can't be fitted, what depends on it
    is null, its parameters have the reason in their notes, and clv is gross_margin * historical_value.
    """
    frequency = customers["repeat_payments"].to_numpy(dtype=np.int64)
    recency, age = (_numbers(customers[name]) / DAYS_A_WEEK for name in ("recency_days", "age_days"))
    mean_value = _numbers(customers["mean_repeat_value"])
    purchases, values = _fit_purchases(frequency, recency, age), _fit_values(frequency, mean_value)
    nothing = np.full(len(customers), np.nan)
    alive, expected, discounted, value = nothing, nothing, nothing, nothing
    if isinstance(purchases, BgNbd):
        alive = bgnbd.probability_alive(purchases, frequency, recency, age)
        by_month = bgnbd.expected_purchases(purchases, frequency, recency, age, MONTHS * WEEKS_A_MONTH)
        expected, discounted = by_month[:, -1], _discounted(by_month)
    if isinstance(values, GammaGamma):
        value = gamma_gamma.expected_value(values, frequency, mean_value)
    is_forecast = isinstance(purchases, BgNbd) and isinstance(values, GammaGamma)
    future = discounted * value if is_forecast else np.zeros(len(customers))
    valued = pd.DataFrame(
        {
            "user_id": customers["user_id"].to_numpy(),
            "expected_payments_12m": expected,
            "expected_value_12m": expected * value,
            "probability_alive": alive,
            "clv": gross_margin * (_numbers(customers["historical_value"]) + future),
        }
    )
    return CustomerLifetimeValue(valued, _parameters(purchases, values, frequency, mean_value))


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=float, na_value=np.nan)


def _fit_purchases(frequency: np.ndarray, recency: np.ndarray, age: np.ndarray) -> BgNbd | NoFitError:
    try:
        return bgnbd.fit(frequency, recency, age)
    except NoFitError as reason:
        return reason


def _fit_values(frequency: np.ndarray, mean_value: np.ndarray) -> GammaGamma | NoFitError:
    try:
        return gamma_gamma.fit(frequency, mean_value)
    except NoFitError as reason:
        return reason


def _discounted(by_month: np.ndarray) -> np.ndarray:
    """Payments expected by the end of each month (columns), each month's own discounted to today and summed."""
    return np.diff(by_month, axis=1, prepend=0.0) @ (1 + DISCOUNT_A_YEAR) ** (-MONTHS / 12)


def _parameters(
    purchases: BgNbd | NoFitError, values: GammaGamma | NoFitError, frequency: np.ndarray, mean_value: np.ndarray
) -> pd.DataFrame:
    repeaters = int((frequency > 0).sum())
    worthless = repeaters - int(gamma_gamma.fittable(frequency, mean_value).sum())
    left_out = f"{worthless} of them have no mean value above 0 and are left out of p, q and v" if worthless else None
    rows = [
        *_rows(purchases, bgnbd.PARAMETERS, "bgnbd_log_likelihood"),
        *_rows(values, gamma_gamma.PARAMETERS, "gamma_gamma_log_likelihood"),
        ("customers", float(len(frequency)), None),
        ("repeat_customers", float(repeaters), left_out),
    ]
    return pd.DataFrame(rows, columns=["parameter", "value", "note"]).astype({"value": float, "note": object})


def _rows(
    model: BgNbd | GammaGamma | NoFitError, names: tuple[str, ...], log_likelihood: str
) -> list[tuple[str, float | None, str | None]]:
    """A model's parameters and log-likelihood, each with what is to be said of it."""
    if isinstance(model, NoFitError):
        return [(name, None, str(model)) for name in (*names, log_likelihood)]
    parameters = [(name, getattr(model, name), _note(model, name)) for name in names]
    return [*parameters, (log_likelihood, model.log_likelihood, None)]


def _note(model: BgNbd | GammaGamma, name: str) -> str | None:
    if name in model.at_bound:
        extreme = "large" if getattr(model, name) > 1 else "small"
        return f"at its bound, where the likelihood still rises: read it as very {extreme}"
    if name == "q" and isinstance(model, GammaGamma) and model.q - 1 <= model.least_weight:
        return (
            f"not surely above 1 (standard error {model.q_error:.2g}), so the mean value of all customers is unknown:"
            " the observed average stands in for a customer without repeats"
        )
    return None
