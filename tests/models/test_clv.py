"""Customer lifetime value of a population: against sums by hand, and for populations that no model fits."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dagster_project.models.clv import CustomerLifetimeValue, customer_lifetime_value
from tests.models import slow

FORECASTS = ["expected_payments_12m", "expected_value_12m", "probability_alive"]
PARAMETERS = ["r", "alpha", "a", "b", "bgnbd_log_likelihood", "p", "q", "v", "gamma_gamma_log_likelihood"]


def simulated(count: int = 800, seed: int = 6) -> pd.DataFrame:
    """A population like CDNOW's."""
    customers, rng = slow.population(slow.CDNOW, count, seed), np.random.default_rng(seed)
    repeats = customers.frequency
    own = 6.25 * 15.44 / rng.gamma(3.74, 1.0, count)
    mean_value = np.where(
        repeats > 0, own * rng.gamma(6.25 * np.maximum(repeats, 1)) / 6.25 / np.maximum(repeats, 1), 0
    )
    return pd.DataFrame(
        {
            "user_id": [f"u{index}" for index in range(count)],
            "repeat_payments": repeats,
            "recency_days": np.ceil(customers.recency_weeks * 7),
            "age_days": np.ceil(customers.age_weeks * 7),
            "mean_repeat_value": np.where(repeats > 0, mean_value, np.nan),
            "historical_value": own + repeats * mean_value,
        }
    )


def values(outcome: CustomerLifetimeValue) -> dict[str, float]:
    return dict(zip(outcome.parameters["parameter"], outcome.parameters["value"], strict=True))


def notes(outcome: CustomerLifetimeValue) -> dict[str, str | None]:
    return dict(zip(outcome.parameters["parameter"], outcome.parameters["note"], strict=True))


def assert_only_history(outcome: CustomerLifetimeValue, customers: pd.DataFrame, gross_margin: float) -> None:
    """No forecast of value, and clv is the margin on what was paid."""
    assert outcome.customers["expected_value_12m"].isna().all()
    np.testing.assert_allclose(outcome.customers["clv"], gross_margin * customers["historical_value"].astype(float))


def test_parameters_are_those_of_the_interface_each_a_row() -> None:
    outcome = customer_lifetime_value(simulated(), gross_margin=1.0)
    assert list(outcome.parameters.columns) == ["parameter", "value", "note"]
    assert list(outcome.parameters["parameter"]) == [*PARAMETERS, "customers", "repeat_customers"]
    assert values(outcome)["customers"] == 800
    assert values(outcome)["repeat_customers"] == (simulated()["repeat_payments"] > 0).sum()
    assert outcome.parameters["note"].isna().all()
    assert list(outcome.customers.columns) == ["user_id", *FORECASTS, "clv"]


def test_a_customers_value_is_the_sum_of_his_months() -> None:
    customers = simulated()
    outcome = customer_lifetime_value(customers, gross_margin=0.4)
    found = values(outcome)
    r, alpha, a, b = (found[name] for name in ("r", "alpha", "a", "b"))
    for row in (0, 1, int(customers["repeat_payments"].argmax())):
        _, repeats, recency_days, age_days, mean_value, historical = customers.iloc[row]
        odds = 0.0
        if repeats:
            odds = a / (b + repeats - 1) * ((alpha + age_days / 7) / (alpha + recency_days / 7)) ** (r + repeats)
        value = found["p"] * found["v"] / (found["q"] - 1)
        if repeats:
            value = found["p"] * (found["v"] + repeats * mean_value) / (found["p"] * repeats + found["q"] - 1)
        until = [
            slow.expected_while_alive((r, alpha, a, b), repeats, age_days / 7, month * 365 / 12 / 7) / (1 + odds)
            for month in range(13)
        ]
        discounted = sum((until[month] - until[month - 1]) * value / 1.1 ** (month / 12) for month in range(1, 13))
        expected = [until[12], until[12] * value, 1 / (1 + odds), 0.4 * (historical + discounted)]
        np.testing.assert_allclose(outcome.customers.loc[row, [*FORECASTS, "clv"]].astype(float), expected, rtol=1e-8)


def test_rows_keep_their_order_whatever_the_index() -> None:
    customers = simulated()
    outcome = customer_lifetime_value(customers, 1.0).customers
    shuffled = customers.sample(frac=1.0, random_state=1)
    again = customer_lifetime_value(shuffled, 1.0).customers
    assert list(again["user_id"]) == list(shuffled["user_id"])
    pd.testing.assert_frame_equal(again.set_index("user_id").loc[outcome["user_id"]].reset_index(), outcome, rtol=1e-9)


def test_columns_as_a_database_gives_them_make_no_difference() -> None:
    customers = simulated()
    given = customers.assign(
        repeat_payments=customers["repeat_payments"].astype("Int64"),
        recency_days=customers["recency_days"].astype("Int32"),
        mean_repeat_value=customers["mean_repeat_value"].astype("Float64"),
        historical_value=[Decimal(str(value)) for value in customers["historical_value"]],
    )
    expected, found = (customer_lifetime_value(table, 1.0).customers for table in (customers, given))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("count", [0, 1, 5_000])
def test_one_time_buyers_alone_have_their_history_and_a_reason(count: int) -> None:
    customers = pd.DataFrame(
        {
            "user_id": [f"u{index}" for index in range(count)],
            "repeat_payments": np.zeros(count, dtype=int),
            "recency_days": np.zeros(count, dtype=int),
            "age_days": np.arange(count) % 400,
            "mean_repeat_value": np.full(count, np.nan),
            "historical_value": np.arange(count) * 1.5,
        }
    )
    outcome = customer_lifetime_value(customers, gross_margin=0.5)
    assert_only_history(outcome, customers, 0.5)
    assert outcome.customers[FORECASTS].isna().all(axis=None)
    assert outcome.parameters["value"].isna().tolist() == [True] * 9 + [False] * 2
    assert notes(outcome)["r"] == "too few repeat customers: 0, at least 30 are needed"
    assert notes(outcome)["v"] == "too few repeat customers of a mean value above 0: 0, at least 30 are needed"
    assert (values(outcome)["customers"], values(outcome)["repeat_customers"]) == (count, 0)


def test_refunds_that_leave_nothing_of_repeat_payments_cost_the_forecast_of_value_only() -> None:
    customers = simulated().assign(mean_repeat_value=-2.0)
    outcome = customer_lifetime_value(customers, gross_margin=0.8)
    assert_only_history(outcome, customers, 0.8)
    assert outcome.customers[["expected_payments_12m", "probability_alive"]].notna().all(axis=None)
    repeaters = int((customers["repeat_payments"] > 0).sum())
    assert (
        notes(outcome)["repeat_customers"]
        == f"{repeaters} of them have no mean value above 0 and are left out of p, q and v"
    )


def test_customers_of_today_do_not_disturb_the_others() -> None:
    customers = simulated()
    today = customers.head(100).assign(repeat_payments=0, recency_days=0, age_days=0, mean_repeat_value=np.nan)
    outcome = customer_lifetime_value(pd.concat([customers, today]), gross_margin=1.0)
    alone = customer_lifetime_value(customers, gross_margin=1.0)
    for name in ("r", "alpha", "a", "b", "bgnbd_log_likelihood", "p", "q", "v"):
        assert values(outcome)[name] == pytest.approx(values(alone)[name], rel=1e-7)
    assert outcome.customers[FORECASTS].tail(100).notna().all(axis=None)


def test_a_parameter_at_its_bound_is_noted_and_the_forecast_stands() -> None:
    customers = simulated().assign(mean_repeat_value=np.where(simulated()["repeat_payments"] > 0, 20.0, np.nan))
    outcome = customer_lifetime_value(customers, gross_margin=1.0)
    assert notes(outcome)["p"] == "at its bound, where the likelihood still rises: read it as very large"
    expected = outcome.customers["expected_payments_12m"] * 20
    np.testing.assert_allclose(outcome.customers["expected_value_12m"], expected, rtol=1e-3)


def test_values_without_a_mean_are_noted_and_the_average_stands_in() -> None:
    customers, rng = simulated(), np.random.default_rng(2)
    heavy = np.where(customers["repeat_payments"] > 0, np.exp(rng.normal(3, 4, len(customers))), np.nan)
    outcome = customer_lifetime_value(customers.assign(mean_repeat_value=heavy), gross_margin=1.0)
    assert values(outcome)["q"] < 1
    assert (notes(outcome)["q"] or "").startswith("not surely above 1 (standard error 0.0")
    single = customers["repeat_payments"] == 0
    per_payment = outcome.customers["expected_value_12m"] / outcome.customers["expected_payments_12m"]
    np.testing.assert_allclose(per_payment[single], np.nanmean(heavy), rtol=1e-9)


@pytest.mark.parametrize(
    "changed",
    [
        {"age_days": 0.0, "recency_days": 0.0},
        {"recency_days": 0.0},
        {"repeat_payments": 1},
        {"repeat_payments": 400},
        {"mean_repeat_value": 0.0},
        {"mean_repeat_value": 1e-9},
        {"mean_repeat_value": 1e15},
        {"mean_repeat_value": np.nan},
        {"historical_value": -50.0},
        {"age_days": np.nan},
    ],
)
def test_odd_populations_never_raise(changed: dict[str, float]) -> None:
    customers = simulated(200).assign(**changed)
    outcome = customer_lifetime_value(customers, gross_margin=1.0)
    assert np.isfinite(outcome.customers["clv"]).all()
    # a missing figure has its reason
    missing = outcome.parameters["value"].isna()
    assert outcome.parameters["note"][missing].notna().all()
