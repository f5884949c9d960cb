"""Recurring revenue and its movements, from the states of subscriptions at the ends of days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.finance.plain import DAY, Facts, cents, months, next_month, share


@dataclass(frozen=True)
class Movement:
    """What a customer's recurring revenue did from the end of one day to that of another, unrounded."""

    user: str
    kind: str
    opening: Fraction
    revalued: Fraction
    closing: Fraction

    @property
    def published(self) -> tuple:
        opening, revalued, closing = cents(self.opening), cents(self.revalued), cents(self.closing)
        return self.user, opening, closing, revalued - opening, closing - revalued, self.kind


def movements(facts: Facts, before: date, after: date) -> list[Movement]:
    """Of every customer who pays at the end of either day."""
    opening, closing = facts.recurring(before), facts.recurring(after)
    found = []
    for user in sorted({*opening, *closing}):
        had, has = opening.get(user, {}), closing.get(user, {})
        at_first = _worth(facts, had, before)
        revalued, at_last = _worth(facts, had, after), _worth(facts, has, after)
        if not had:
            kind = "new" if facts.first_paid[user] > before else "reactivation"
        elif not has:
            kind = "churn"
        else:
            kind = "expansion" if at_last > revalued else "contraction" if at_last < revalued else "unchanged"
        found.append(Movement(user, kind, at_first, revalued, at_last))
    return found


def _worth(facts: Facts, amounts: dict[str, Fraction], day: date) -> Fraction:
    return sum((amount * facts.rate(currency, day) for currency, amount in amounts.items()), Fraction(0))


def mrr_months(facts: Facts) -> list[tuple[date, date, date]]:
    """From that of the first paying customer to that of the as-of day: month, last day before it, closing day."""
    paid = [day for day in facts.first_paid.values() if day <= facts.as_of]
    spine = months(min(paid), facts.as_of) if paid else []
    return [(month, month - DAY, min(next_month(month) - DAY, facts.as_of)) for month in spine]


def mrr_movements_monthly(facts: Facts) -> list[tuple]:
    return sorted(
        (month, *movement.published)
        for month, before, after in mrr_months(facts)
        for movement in movements(facts, before, after)
    )


def mrr_movements_daily(facts: Facts) -> list[tuple]:
    day, rows = min(facts.first_paid.values(), default=facts.as_of + DAY), []
    while day <= facts.as_of:
        rows += [(day, *movement.published) for movement in movements(facts, day - DAY, day)]
        day += DAY
    return sorted(row for row in rows if row[4] or row[5])


def mrr_monthly(facts: Facts) -> list[tuple]:
    return [_month(facts, *month) for month in mrr_months(facts)]


STEPS = ("new", "reactivation", "expansion", "contraction", "churn")


def _month(facts: Facts, month: date, before: date, after: date) -> tuple:
    found = movements(facts, before, after)
    step: dict[str, Decimal] = {}
    running = sum((movement.revalued for movement in found), Fraction(0))
    opening = cents(sum((movement.opening for movement in found), Fraction(0)))
    fx = cents(running) - opening
    for kind in STEPS:
        added = sum((one.closing - one.revalued for one in found if one.kind == kind), Fraction(0))
        step[kind] = cents(running + added) - cents(running)
        running += added
    closing = cents(running)
    count = {kind: sum(movement.kind == kind for movement in found) for kind in (*STEPS, "unchanged")}
    active = len(found) - count["churn"]
    kept = opening + step["contraction"] + step["churn"]
    won = step["new"] + step["reactivation"] + step["expansion"]
    lost = -step["contraction"] - step["churn"]
    return (
        *(month, opening, step["new"], step["expansion"], -step["contraction"], -step["churn"], step["reactivation"]),
        *(fx, closing, active, count["new"], count["churn"], count["reactivation"]),
        cents(Fraction(closing) / active) if active else None,
        *(share(kept + step["expansion"], opening), share(kept, opening), share(won, lost)),
        after == next_month(month) - DAY,
    )


def churn_monthly(facts: Facts) -> list[tuple]:
    rows = []
    for (month, before, after), figures in zip(mrr_months(facts), mrr_monthly(facts), strict=True):
        found = movements(facts, before, after)
        at_start = sum(bool(movement.opening) for movement in found)
        churned = [movement.user for movement in found if movement.kind == "churn"]
        involuntary = sum(_is_involuntary(facts, user, before, after) for user in churned)
        opening, expansion, contraction, gone = figures[1], figures[3], figures[4], figures[5]
        rows.append(
            (
                *(month, at_start, len(churned), len(churned) - involuntary, involuntary),
                share(len(churned), at_start),
                share(contraction + gone, opening),
                share(contraction + gone - expansion, opening),
            )
        )
    return rows


def _is_involuntary(facts: Facts, user: str, before: date, after: date) -> bool:
    """Whether the subscription that stopped paying last was canceled unwillingly since, until the closing day's end."""
    stops = [
        (row, following)
        for _, rows in sorted(facts.histories.items())
        for row, following in _pairs(rows)
        if row["user_id"] == user and facts.mrr(row) > 0 and following
        if facts.end_of(before) <= following[0]["effective_at"] < facts.end_of(after)
    ]
    row, following = max(stops, key=lambda stop: stop[1][0]["effective_at"])
    return any(
        now["status"] == "canceled"
        and (now.get("cancel_reason") == "payment_failed" or was["status"] == "past_due")
        and now["effective_at"] < facts.end_of(after)
        for was, now in zip([row, *following], following, strict=False)
    )


def _pairs(rows: list[dict]) -> Iterator[tuple[dict, list[dict]]]:
    return ((row, rows[number + 1 :]) for number, row in enumerate(rows))


TABLES = {
    "mrr_movements_monthly": mrr_movements_monthly,
    "mrr_movements_daily": mrr_movements_daily,
    "mrr_monthly": mrr_monthly,
    "churn_monthly": churn_monthly,
}
