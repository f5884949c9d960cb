"""Sessions and what is counted in them, from lists of rows; see plain.py."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

from dagster_project.settings import Reporting
from tests.product.plain import DAY, PASSIVE, Facts


def sessions(facts: Facts) -> list[list[dict]]:
    """The events of each session of the figures in order, of sessions that start up to the as-of day."""
    named, unnamed = defaultdict(list), defaultdict(list)
    for event in sorted(facts.events, key=lambda event: (event["event_at"], event["event_id"])):
        if event["event_name"] in PASSIVE or event.get("is_bot"):
            continue
        if event.get("session_id"):
            named[event["session_id"]].append(event)
        elif event.get("user_id") or event.get("anonymous_id"):
            visitor = ("user", event["user_id"]) if event.get("user_id") else ("device", event["anonymous_id"])
            unnamed[visitor, event.get("platform") or "unknown"].append(event)
    found = [*named.values(), *(session for events in unnamed.values() for session in cut(events, facts.reporting))]
    return [session for session in found if is_counted(session, facts)]


def cut(events: list[dict], reporting: Reporting) -> list[list[dict]]:
    """A new session wherever more than the gap passed since the event before."""
    found: list[list[dict]] = []
    for event in events:
        gap = timedelta(minutes=reporting.session_gap_minutes)
        if found and event["event_at"] - found[-1][-1]["event_at"] <= gap:
            found[-1].append(event)
        else:
            found.append([event])
    return found


def is_counted(session: list[dict], facts: Facts) -> bool:
    known = [event["user_id"] for event in session if event.get("user_id")]
    return not (known and known[0] in facts.test_users()) and facts.day(session[0]["event_at"]) <= facts.as_of


def seconds_of(session: list[dict]) -> float:
    return (session[-1]["event_at"] - session[0]["event_at"]).total_seconds()


def is_engaged(session: list[dict]) -> bool:
    names = [event["event_name"] for event in session]
    has_paid = any(name.startswith("payment_") for name in names)
    return seconds_of(session) >= 10 or names.count("page_view") >= 2 or has_paid


def engagement_daily(facts: Facts) -> list[tuple]:
    by_cell: dict[tuple[date, str], list[list[dict]]] = defaultdict(list)
    for session in sessions(facts):
        day = facts.day(session[0]["event_at"])
        for platform in ("all", session[0].get("platform") or "unknown"):
            by_cell[day, platform].append(session)
    first = min((day for day, _ in by_cell), default=facts.as_of + DAY)
    days = [first + number * DAY for number in range((facts.as_of - first).days + 1)]
    platforms = {platform for _, platform in by_cell}
    return sorted((day, platform, *engagement(by_cell[day, platform])) for day in days for platform in platforms)


def engagement(found: list[list[dict]]) -> tuple:
    if not found:
        return 0, 0, None, None, None, None, None
    number, engaged = len(found), sum(map(is_engaged, found))
    lengths = sorted(map(seconds_of, found))
    failing = sum(any(event["event_name"] == "error" for event in session) for session in found)
    return (
        number,
        engaged,
        1 - engaged / number,
        lengths[(number - 1) // 2],
        sum(lengths) / number,
        sum(map(len, found)) / number,
        failing / number,
    )


def user_flows_daily(facts: Facts) -> list[tuple]:
    flows: Counter[tuple[date, str, str]] = Counter()
    for session in sessions(facts):
        views = [event["page"] for event in session if event["event_name"] == "page_view" and event.get("page")]
        flows.update((facts.day(session[0]["event_at"]), *pair) for pair in pairwise(views))
    return sorted((*cell, number) for cell, number in flows.items())
