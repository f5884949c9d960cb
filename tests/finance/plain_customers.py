"""What customers cost and what they brought, from users, spend, payments and refunds."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pandas as pd

from dagster_project.models.clv import CustomerLifetimeValue, customer_lifetime_value
from tests.finance.plain import Facts, cents, month_of, months, share
from tests.finance.plain_mrr import churn_monthly, mrr_monthly


def acquisition_monthly(facts: Facts) -> list[tuple]:
    """Month, channel, spend, registrations, new customers of whom it is the channel, cost of each, payback."""
    channel_of = {user["user_id"]: user["acquisition_channel"] or "unknown" for user in facts.users}
    registered = [
        (facts.day(user["registered_at"]), channel_of[user["user_id"]]) for user in facts.users if not user["is_test"]
    ]
    won = [(day, channel_of.get(user, "unknown")) for user, day in facts.first_paid.items()]
    spent = [
        (row["spend_date"], row["channel"], facts.units(row["spend_minor"], row["currency"]), row["currency"])
        for row in facts.marketing_spend
    ]
    known = [(day, channel) for day, channel, *_ in (*registered, *won, *spent) if day <= facts.as_of]
    arpa = {row[0]: row[13] for row in mrr_monthly(facts)}
    rows = []
    for month in months(min(known)[0], facts.as_of) if known else []:
        for channel in sorted({"all", *(channel for _, channel in known)}):

            def counts(day: date, of: str, month: date = month, channel: str = channel) -> bool:
                return month_of(day) == month and day <= facts.as_of and channel in ("all", of)

            spend = cents(
                sum((sum_ * facts.rate(name, day) for day, of, sum_, name in spent if counts(day, of)), Fraction(0))
            )
            registrations, new = (sum(counts(*one) for one in found) for found in (registered, won))
            cac = cents(Fraction(spend) / new) if new else None
            earns = Fraction(arpa.get(month) or 0) * Fraction(str(facts.reporting.gross_margin))
            rows.append((month, channel, spend, registrations, new, cac, share(cac, earns) if new else None))
    return rows


def unit_economics_monthly(facts: Facts) -> list[tuple]:
    costs = {row[0]: row[5:] for row in acquisition_monthly(facts) if row[1] == "all"}
    margin, rows = Fraction(str(facts.reporting.gross_margin)), []
    for mrr, churn in zip(mrr_monthly(facts), churn_monthly(facts), strict=True):
        arpa, at_start, churned = mrr[13], churn[1], churn[2]
        ltv = cents(Fraction(arpa) * margin * at_start / churned) if churned and arpa is not None else None
        cac, payback = costs[mrr[0]]
        ratio = share(ltv, cac) if ltv is not None and cac else None
        rows.append((mrr[0], arpa, facts.reporting.gross_margin, churn[5], ltv, cac, ratio, payback))
    return rows


def revenue(facts: Facts) -> dict[str, list[tuple[date, date, Fraction, datetime]]]:
    """Customer: of every revenue payment and refund until the as-of day, the payment's day, its own, value, time."""
    found: dict[str, list] = {}
    for paid in facts.payments:
        day, is_bill = facts.day(paid["attempted_at"]), paid["kind"] == "bill"
        minor = (0 if is_bill else paid["amount_minor"]) + (paid["fee_minor"] or 0)
        if paid["status"] != "succeeded" or not paid["user_id"] or not minor or day > facts.as_of:
            continue
        flows = [(day, minor, paid["currency"])]
        for refund in facts.refunds:
            if refund["attempt_id"] == paid["attempt_id"] and facts.day(refund["refunded_at"]) <= facts.as_of:
                back = (0 if is_bill else refund["amount_minor"]) + (refund["fee_minor"] or 0)
                flows.append((facts.day(refund["refunded_at"]), -back, refund["currency"] or paid["currency"]))
        found.setdefault(paid["user_id"], []).extend(
            (day, at, facts.units(amount, currency) * facts.rate(currency, at), paid["attempted_at"])
            for at, amount, currency in flows
        )
    return found


def lifetime(facts: Facts) -> tuple[CustomerLifetimeValue, dict[str, tuple]]:
    """The models fitted to what plain counting gives them, and of each customer the columns that need no model."""
    customers, counted = [], {}
    for user, flows in sorted(revenue(facts).items()):
        days = sorted({day for day, *_ in flows})
        total = sum(value for _, _, value, _ in flows)
        repeat = sum(value for day, _, value, _ in flows if day > days[0])
        counted[user] = (min(at for *_, at in flows), len(days), cents(total))
        customers.append(
            {
                "user_id": user,
                "repeat_payments": len(days) - 1,
                "recency_days": (days[-1] - days[0]).days,
                "age_days": (facts.as_of - days[0]).days,
                "mean_repeat_value": float(repeat / (len(days) - 1)) if len(days) > 1 else None,
                "historical_value": float(total),
            }
        )
    names = ["user_id", "repeat_payments", "recency_days", "age_days", "mean_repeat_value", "historical_value"]
    return customer_lifetime_value(pd.DataFrame(customers, columns=names), facts.reporting.gross_margin), counted


def clv_cohorts(facts: Facts) -> list[tuple]:
    flows_of = revenue(facts)
    cohort_of = {user: month_of(min(day for day, *_ in flows)) for user, flows in flows_of.items()}
    rows = []
    for cohort in sorted(set(cohort_of.values())):
        members = [user for user in cohort_of if cohort_of[user] == cohort]
        for number, month in enumerate(months(cohort, facts.as_of)):
            flows = [flow for user in members for flow in flows_of[user] if month_of(flow[1]) <= month]
            total = sum((value for _, _, value, _ in flows), Fraction(0))
            rows.append((cohort, number, len(members), cents(total), cents(total / len(members))))
    return rows


TABLES = {
    "acquisition_monthly": acquisition_monthly,
    "unit_economics_monthly": unit_economics_monthly,
    "clv_cohorts": clv_cohorts,
}
