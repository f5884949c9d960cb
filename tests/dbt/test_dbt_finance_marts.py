"""Recurring revenue and the value of customers in the scenario `sound` (New York, USD, as of 2024-03-14), by hand.

A euro is worth 1.05 dollars from December on, 1.10 from 8 March, 1.20 from 11 March; a yen 0.0070 and from 1 March
0.0067; a dinar 3.20 and from 1 March 3.25.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

# user, month: opening, closing, fx, movement, type
MOVEMENTS = {
    # The rate alone moves: 10 EUR are 10.50, then 12.00 on the as-of day.
    "ann": [
        ("2023-12", "0.00", "10.50", "0.00", "10.50", "new"),
        ("2024-01", "10.50", "10.50", "0.00", "0.00", "unchanged"),
        ("2024-02", "10.50", "10.50", "0.00", "0.00", "unchanged"),
        ("2024-03", "10.50", "12.00", "1.50", "0.00", "unchanged"),
    ],
    # 100 a year are 8.33 a month; 3 a week are 13; 25 a quarter are 8.33; 30 for 30 days are 365 / 12 = 30.42.
    "bob": [
        ("2024-01", "0.00", "8.33", "0.00", "8.33", "new"),
        ("2024-02", "8.33", "8.33", "0.00", "0.00", "unchanged"),
        ("2024-03", "8.33", "8.33", "0.00", "0.00", "unchanged"),
    ],
    "tess": [
        ("2024-01", "0.00", "13.00", "0.00", "13.00", "new"),
        ("2024-02", "13.00", "13.00", "0.00", "0.00", "unchanged"),
        ("2024-03", "13.00", "13.00", "0.00", "0.00", "unchanged"),
    ],
    "quarterly": [
        ("2024-01", "0.00", "8.33", "0.00", "8.33", "new"),
        ("2024-02", "8.33", "8.33", "0.00", "0.00", "unchanged"),
        ("2024-03", "8.33", "8.33", "0.00", "0.00", "unchanged"),
    ],
    "by_30_days": [
        ("2024-01", "0.00", "30.42", "0.00", "30.42", "new"),
        ("2024-02", "30.42", "30.42", "0.00", "0.00", "unchanged"),
        ("2024-03", "30.42", "30.42", "0.00", "0.00", "unchanged"),
    ],
    # From 29 February on; from 31 January to 29 February.
    "leap": [
        ("2024-02", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-03", "10.00", "10.00", "0.00", "0.00", "unchanged"),
    ],
    "the_31st": [
        ("2024-01", "0.00", "7.00", "0.00", "7.00", "new"),
        ("2024-02", "7.00", "0.00", "0.00", "-7.00", "churn"),
    ],
    # Who starts and cancels within a month, or a day, is in no month; nor is who only tries.
    "in_a_month": [],
    "in_a_day": [],
    "doubtful": [],
    "convinced": [
        ("2024-01", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-02", "10.00", "10.00", "0.00", "0.00", "unchanged"),
        ("2024-03", "10.00", "10.00", "0.00", "0.00", "unchanged"),
    ],
    "pausing": [
        ("2023-12", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-01", "10.00", "0.00", "0.00", "-10.00", "churn"),
        ("2024-02", "0.00", "10.00", "0.00", "10.00", "reactivation"),
        ("2024-03", "10.00", "10.00", "0.00", "0.00", "unchanged"),
    ],
    "coming_back": [
        ("2021-01", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2021-02", "10.00", "0.00", "0.00", "-10.00", "churn"),
        ("2024-01", "0.00", "10.00", "0.00", "10.00", "reactivation"),
        ("2024-02", "10.00", "10.00", "0.00", "0.00", "unchanged"),
        ("2024-03", "10.00", "10.00", "0.00", "0.00", "unchanged"),
    ],
    "two_of_them": [
        ("2023-12", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-01", "10.00", "15.00", "0.00", "5.00", "expansion"),
        ("2024-02", "15.00", "5.00", "0.00", "-10.00", "contraction"),
        ("2024-03", "5.00", "5.00", "0.00", "0.00", "unchanged"),
    ],
    # Up to 20 and down to 12 on one day.
    "switching": [
        ("2023-12", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-01", "10.00", "10.00", "0.00", "0.00", "unchanged"),
        ("2024-02", "10.00", "12.00", "0.00", "2.00", "expansion"),
        ("2024-03", "12.00", "12.00", "0.00", "0.00", "unchanged"),
    ],
    # A discount above the price takes nothing from the other subscription; 3 * 4.00 - 2.00 are 10.00.
    "gifted": [
        ("2024-01", "0.00", "5.00", "0.00", "5.00", "new"),
        ("2024-02", "5.00", "5.00", "0.00", "0.00", "unchanged"),
        ("2024-03", "5.00", "5.00", "0.00", "0.00", "unchanged"),
    ],
    "seated": [
        ("2024-01", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-02", "10.00", "10.00", "0.00", "0.00", "unchanged"),
        ("2024-03", "10.00", "10.00", "0.00", "0.00", "unchanged"),
    ],
    # 1500 JPY are 10.50, then 10.05; 3.250 KWD are 10.40, then 10.5625.
    "in_yen": [
        ("2024-02", "0.00", "10.50", "0.00", "10.50", "new"),
        ("2024-03", "10.50", "10.05", "-0.45", "0.00", "unchanged"),
    ],
    "in_dinars": [
        ("2024-02", "0.00", "10.40", "0.00", "10.40", "new"),
        ("2024-03", "10.40", "10.56", "0.16", "0.00", "unchanged"),
    ],
    # From 10 EUR, worth 12.00 by then, to 11 USD.
    "moving": [
        ("2024-01", "0.00", "10.50", "0.00", "10.50", "new"),
        ("2024-02", "10.50", "10.50", "0.00", "0.00", "unchanged"),
        ("2024-03", "10.50", "11.00", "1.50", "-1.00", "contraction"),
    ],
    # 04:30 UTC on 1 February is still January in New York, 05:00 UTC no longer.
    "at_eleven": [
        ("2024-01", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-02", "10.00", "10.00", "0.00", "0.00", "unchanged"),
        ("2024-03", "10.00", "10.00", "0.00", "0.00", "unchanged"),
    ],
    "failing": [
        ("2023-12", "0.00", "10.00", "0.00", "10.00", "new"),
        ("2024-01", "10.00", "10.00", "0.00", "0.00", "unchanged"),
        ("2024-02", "10.00", "0.00", "0.00", "-10.00", "churn"),
    ],
    "cardless": [
        ("2023-12", "0.00", "15.00", "0.00", "15.00", "new"),
        ("2024-01", "15.00", "15.00", "0.00", "0.00", "unchanged"),
        ("2024-02", "15.00", "0.00", "0.00", "-15.00", "churn"),
    ],
    # From the day after the as-of day on.
    "tomorrow": [],
}


@pytest.mark.parametrize("user", MOVEMENTS)
def test_the_movements_of_a_customer_are_those_of_the_hand_calculation(sound, user):
    found = sound.rows(
        "select strftime(month, '%Y-%m'), opening_mrr, closing_mrr, fx_mrr, movement, movement_type "
        f"from finance.mrr_movements_monthly where user_id = '{user}' order by month"
    )

    assert [tuple(map(str, row)) for row in found] == MOVEMENTS[user]


# month: opening, new, expansion, contraction, churned, reactivation, fx, closing; customers active, new, churned and
# reactivated; arpa, is_complete
MRR_MONTHLY = [
    # ann 10.50, pausing, two_of_them, switching, failing 10 each, cardless 15
    "2023-12-01 0.00 65.50 0.00 0.00 0.00 0.00 0.00 65.50 6 6 0 0 10.92 True",
    # new: 25/3 + 100/12 = 16.6667, 13, 365/12 = 30.4167, 7, convinced 10, gifted 5, seated 10, moving 10.50 and
    # at_eleven 10 are 112.5833. After pausing went (-10), coming_back (+10) and two_of_them (+5): 183.0833.
    "2024-01-01 65.50 112.58 5.00 0.00 10.00 10.00 0.00 183.08 16 10 1 1 11.44 True",
    # new: leap 10, in_yen 10.50, in_dinars 10.40; churned 7 + 10 + 15
    "2024-02-01 183.08 30.90 2.00 10.00 32.00 10.00 0.00 183.98 17 3 3 1 10.82 True",
    # fx: 1.50 + 1.50 - 0.45 + 0.1625 = 2.7125, and 183.9833 + 2.7125 = 186.6958
    "2024-03-01 183.98 0.00 0.00 1.00 0.00 0.00 2.72 185.70 17 0 0 0 10.92 False",
]


def test_mrr_monthly_equals_the_hand_calculation(sound):
    found = sound.rows(
        "select month, opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, fx_mrr, "
        "closing_mrr, active_customers, new_customers, churned_customers, reactivated_customers, arpa, is_complete "
        "from finance.mrr_monthly where month >= date '2023-12-01' order by month"
    )

    assert [" ".join(map(str, row)) for row in found] == MRR_MONTHLY


def test_mrr_monthly_has_a_row_for_each_month_since_somebody_paid(sound):
    """From January 2021, when coming_back paid first, to March 2024; nothing for 33 months."""
    found = sound.rows("select count(*), count(*) filter (active_customers = 0), min(month) from finance.mrr_monthly")

    assert found == [(39, 34, date(2021, 1, 1))]


def test_rates_of_retention_and_churn_equal_the_hand_calculation(sound):
    retention = sound.rows("select nrr, grr, quick_ratio from finance.mrr_monthly where month = date '2024-02-01'")
    churn = sound.rows("select * from finance.churn_monthly where month = date '2024-02-01'")

    assert retention == [pytest.approx((143.08 / 183.08, 141.08 / 183.08, 42.90 / 42.00))]
    # failing was past due; cardless lost its last subscription because payment failed; the_31st just left
    assert churn == [
        (date(2024, 2, 1), 16, 3, 1, 2, *map(pytest.approx, (3 / 16, 42.00 / 183.08, 40.00 / 183.08))),
    ]


def test_daily_movements_net_a_day_and_tell_fx_apart(sound):
    found = sound.rows(
        "select movement_date, user_id, opening_mrr, closing_mrr, fx_mrr, movement, movement_type "
        "from finance.mrr_movements_daily where user_id in ('switching', 'moving', 'in_a_day') order by all"
    )

    assert [" ".join(map(str, row)) for row in found] == [
        "2023-12-12 switching 0.00 10.00 0.00 10.00 new",
        "2024-01-10 moving 0.00 10.50 0.00 10.50 new",
        "2024-02-20 switching 10.00 12.00 0.00 2.00 expansion",
        "2024-03-08 moving 10.50 11.00 0.50 0.00 unchanged",
        "2024-03-11 moving 11.00 12.00 1.00 0.00 unchanged",
        "2024-03-12 moving 12.00 11.00 0.00 -1.00 contraction",
    ]


def test_acquisition_monthly_equals_the_hand_calculation(sound):
    """January: bob and tess are organic, for 10 EUR * 1.05, the other nine have no channel; in_a_month is one of them.
    March: 10 EUR * 1.10 + 10 EUR * 1.20, and nobody new; what is spent after the as-of day does not count."""
    found = sound.rows(
        "select strftime(month, '%Y-%m'), channel, spend, registrations, new_customers, cac, payback_months "
        "from finance.acquisition_monthly where month in (date '2024-01-01', date '2024-03-01') order by all"
    )

    assert [tuple(value if isinstance(value, float) else str(value) for value in row) for row in found] == [
        ("2024-01", "all", "10.50", "0", "11", "0.95", pytest.approx(0.95 / 11.44)),
        ("2024-01", "organic", "10.50", "0", "2", "5.25", pytest.approx(5.25 / 11.44)),
        ("2024-01", "paid_search", "0.00", "0", "0", "None", "None"),
        ("2024-01", "unknown", "0.00", "0", "9", "0.00", 0.0),
        ("2024-03", "all", "28.00", "3", "0", "None", "None"),
        ("2024-03", "organic", "23.00", "2", "0", "None", "None"),
        ("2024-03", "paid_search", "5.00", "0", "0", "None", "None"),
        ("2024-03", "unknown", "0.00", "1", "0", "None", "None"),
    ]


def test_unit_economics_monthly_equals_the_hand_calculation(sound):
    """In January 1 of 6 customers left: 11.44 * 6 = 68.64. In March nobody did, and nothing can be said of ltv."""
    found = sound.rows(
        "select arpa, gross_margin, logo_churn_rate, ltv, cac, ltv_to_cac, payback_months "
        "from finance.unit_economics_monthly where month in (date '2024-01-01', date '2024-03-01') order by month"
    )

    money, ratios = Decimal, (pytest.approx(68.64 / 0.95), pytest.approx(0.95 / 11.44))
    assert found == [
        (money("11.44"), 1.0, pytest.approx(1 / 6), money("68.64"), money("0.95"), *ratios),
        (money("10.92"), 1.0, 0.0, None, None, None, None),
    ]


def test_customer_value_counts_revenue_less_refunds(sound):
    """Ann's bills bring a fee of 1.00 EUR at 1.10, and nothing of that went back; the one without fee is no revenue.
    Tess paid 0.0134 + 0.00325 and got 6.70 back, before it was paid. Guests have no value of their own."""
    found = sound.rows("select user_id, first_payment_at, payments, historical_value, clv from finance.customer_value")

    assert sorted(found) == [
        ("ann", datetime(2024, 3, 10, 4, 30), 1, Decimal("1.10"), Decimal("1.10")),
        ("bob", datetime(2024, 3, 11, 4, 30), 1, Decimal("3.60"), Decimal("3.60")),
        ("cyd", datetime(2024, 3, 14, 16, 30), 1, Decimal("9.99"), Decimal("9.99")),
        ("tess", datetime(2024, 3, 12, 15, 0), 1, Decimal("-6.68"), Decimal("-6.68")),
    ]


def test_clv_without_repeat_customers_is_no_forecast(sound):
    found = sound.rows("select parameter, value from finance.clv_model where value is not null order by all")

    assert found == [("customers", 4.0), ("repeat_customers", 0.0)]
    assert sound.rows("select count(*) from finance.clv_model") == [(11,)]


def test_clv_cohorts_sum_unrounded_values(sound):
    """1.10 + 3.60 + 9.99 - 6.68335 = 8.00665, a quarter of it each."""
    found = sound.rows("select * from finance.clv_cohorts")

    assert found == [(date(2024, 3, 1), 0, 4, Decimal("8.01"), Decimal("2.00"))]
