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
HORIZON_MONTHS = 12
WEEKS_A_MONTH = 365 / 12 / DAYS_A_WEEK
DISCOUNT_A_YEAR = 0.10


@dataclass(frozen=True)
class CustomerLifetimeValue:
    """`customers`, one row per customer, and `parameters`, one row per parameter.

    `customers`: user_id, expected_payments_12m, expected_value_12m (not discounted), probability_alive, clv. `parameters`: parameter,
    value, note; the note says why a value is missing, or what is to be known of it.
    """

    customers: pd.DataFrame
    parameters: pd.DataFrame


def customer_lifetime_value(customers: pd.DataFrame, gross_margin: float) -> CustomerLifetimeValue:
    """Fit both models and value each customer.

    `customers` has a row per customer who ever paid, same-day payments counted as one: user_id, repeat_payments (days
    with a payment after the first such day), recency_days (first to last payment), age_days (first payment to the
    as-of day), mean_repeat_value (of a repeat payment; null without one), historical_value. Where a model can't be
    fitted, what depends on it is null, the reason is in the notes, and clv is gross margin times historical value.
    """
    frequency = customers["repeat_payments"].to_numpy(dtype=np.int64)
    recency = customers["recency_days"].to_numpy(dtype=float) / DAYS_A_WEEK
    age = customers["age_days"].to_numpy(dtype=float) / DAYS_A_WEEK
    mean_value = customers["mean_repeat_value"].to_numpy(dtype=float, na_value=np.nan)
    return ...
