"""Figures of calendar months, from lists of rows; see plain.py."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from tests.product.plain import Facts, month_of, next_month


def feature_adoption_monthly(facts: Facts) -> list[tuple]:
    days: dict[tuple[date, str], dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    active: dict[date, set[str]] = defaultdict(set)
    for user, day, event in facts.activities():
        active[month_of(day)].add(user)
        if event.get("feature"):
            days[month_of(day), event["feature"]][user].add(day)
    return sorted(
        (month, feature, len(users), sum(len(used) > 1 for used in users.values()), len(users) / len(active[month]))
        for (month, feature), users in days.items()
    )


def months_until(first: date, last: date) -> Iterable[date]:
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def group_participation_monthly(facts: Facts) -> list[tuple]:
    members: dict[date, set[tuple[str, str]]] = defaultdict(set)
    for row in facts.group_members:
        joined, left = facts.day(row["joined_at"]), facts.day(row["left_at"]) if row["left_at"] else facts.as_of
        for month in months_until(joined, min(left, facts.as_of)):
            is_member = joined <= facts.as_of and left >= month and row["user_id"] not in facts.test_users()
            members[month].update([(row["group_id"], row["user_id"])] * is_member)
    did = contributions(facts)
    return sorted(
        (
            month,
            len({group for group, _ in pairs}),
            len(pairs),
            sum((month, *pair) in did for pair in pairs),
            sum((month, *pair) in did for pair in pairs) / len(pairs),
        )
        for month, pairs in members.items()
        if pairs
    )


def contributions(facts: Facts) -> set[tuple[date, str | None, str]]:
    """Month, group and user of everything somebody did for a group up to the as-of day."""
    group_of = {meter["meter_id"]: meter["group_id"] for meter in facts.meters}
    done = [(row["submitted_at"], group_of.get(row["meter_id"]), row["user_id"]) for row in facts.meter_readings]
    done += [(row["attempted_at"], row["group_id"], row["user_id"]) for row in facts.payments]
    return {(month_of(facts.day(at)), group, user) for at, group, user in done if facts.day(at) <= facts.as_of}


def meter_compliance_monthly(facts: Facts) -> list[tuple]:
    first: dict[tuple[str, date], date] = {}
    for reading in facts.meter_readings:
        key, day = (
            (reading["meter_id"], month_of(date.fromisoformat(reading["period"]))),
            facts.day(reading["submitted_at"]),
        )
        if day <= facts.as_of:
            first[key] = min(first.get(key, day), day)
    fates: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for meter in facts.meters:
        installed, removed = facts.day(meter["installed_at"]), meter["removed_at"] and facts.day(meter["removed_at"])
        for month in months_until(installed, facts.as_of):
            due = month + timedelta(days=(meter["reading_due_day"] or 28) - 1)
            if installed <= due <= facts.as_of and (removed is None or removed >= due):
                read = first.get((meter["meter_id"], month))
                fate = "missing" if read is None else "on time" if read <= due else "late"
                fates[month, meter["utility"]][fate] += 1
    return sorted(
        (*cell, fate.total(), fate["on time"], fate["late"], fate["missing"], fate["on time"] / fate.total())
        for cell, fate in fates.items()
    )
