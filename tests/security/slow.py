"""The figures of security by another way: plain Python over the rows that were loaded."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from tests.platform.slow import Figures, Row, day_of, grouped

# (rule, subject) -> of each time that the rule was broken, when that began and when it was
Hits = dict[tuple[str, str], list[tuple[datetime, datetime]]]
QUIET = timedelta(minutes=1440)
# no country, or what stands for one that is unknown or hidden
NOWHERE = {None, "XX", "ZZ", "T1", "A1", "A2"}


def authentication(events: list[Row], zone: str) -> Figures:
    logins = [row for row in events if row["event_type"] == "login"]
    bursts = defaultdict(set)
    for (_, subject), instants in bursts_of_failures(logins, "brute_force_source", "ip", 10, 30).items():
        for _, at in instants:
            bursts[day_of(at, zone)].add(subject)
    found = {}
    for key, group in grouped(logins, lambda r: (day_of(r["occurred_at"], zone),)).items():
        failures = sum(r["outcome"] == "failure" for r in group)
        users, sources = ({r[column] for r in group} - {None} for column in ("user_id", "ip"))
        found[key] = (len(group), failures, failures / len(group), len(users), len(sources), len(bursts[key[0]]))
    return found


def events_per_day(events: list[Row], zone: str) -> Figures:
    days = grouped(events, lambda r: (day_of(r["occurred_at"], zone), r["event_type"], r["outcome"]))
    return {key: (len(group), len({r["user_id"] for r in group} - {None})) for key, group in days.items()}


def authorization_failures(events: list[Row], zone: str) -> Figures:
    denied = [row for row in events if row["event_type"] == "access_denied"]
    days = grouped(denied, lambda r: (day_of(r["occurred_at"], zone), r["target"]))
    return {key: (len(group), len({r["user_id"] for r in group} - {None})) for key, group in days.items()}


def data_access(log: list[Row], zone: str) -> Figures:
    found = {}
    days = grouped(log, lambda r: (day_of(r["occurred_at"], zone), r["actor"], r["object_type"]))
    for key, group in days.items():
        actions = Counter(r["action"] for r in group)
        writes = actions["create"] + actions["update"] + actions["delete"]
        found[key] = (actions["read"], actions["export"], writes, sum(bool(r["contains_pii"]) for r in group))
    return found


def violations(events: list[Row], log: list[Row]) -> Figures:
    """When each rule was first broken by each subject, and how many violations that are, by looking at all pairs."""
    logins = [row for row in events if row["event_type"] == "login"]
    hits: Hits = {
        **bursts_of_failures(logins, "brute_force_source", "ip", 10, 30),
        **bursts_of_failures(logins, "brute_force_user", "user_id", 10, 30),
        **successes_after_failures(logins, "success_after_failures", "ip", 10, 30),
        **successes_after_failures(logins, "success_after_failures", "user_id", 10, 30),
        **travels(logins, 60),
        **first_accesses(log, 30),
    }
    for row in events:
        if row["event_type"] == "privilege_change" and row["outcome"] == "success":
            hits.setdefault(("privilege_change", f"user {row['user_id']}"), []).append((row["occurred_at"],) * 2)
        if row["event_type"] == "policy_violation":
            hits.setdefault(("policy_violation", f"user {row['user_id']}"), []).append((row["occurred_at"],) * 2)
    for row in log:
        if row["action"] == "export" and row["contains_pii"] and not row["purpose"] and row["outcome"] == "success":
            hits.setdefault(("export_without_purpose", f"actor {row['actor']}"), []).append((row["occurred_at"],) * 2)
    return {key: (min(at for _, at in times), _runs(times)) for key, times in hits.items()}


def _runs(times: list[tuple[datetime, datetime]]) -> int:
    """The number of runs without a pause longer than QUIET."""
    ordered = sorted(times)
    ends = [max(at for _, at in ordered[: index + 1]) for index in range(len(ordered))]
    return 1 + sum(begins - end > QUIET for (begins, _), end in zip(ordered[1:], ends, strict=False))


def _subject(column: str, value: str) -> str:
    return f"user {value}" if column == "user_id" else f"source {value[:16]}"


def bursts_of_failures(logins: list[Row], rule: str, column: str, threshold: int, minutes: int) -> Hits:
    """The instants at which a failure is the last of `threshold` within the window, by looking at all pairs."""
    hits: Hits = {}
    failures = [r for r in logins if r["outcome"] == "failure" and r[column] is not None]
    for (value,), group in grouped(failures, lambda r: (r[column],)).items():
        instants = [r["occurred_at"] for r in group]
        completed = [
            (_last(instants, at, threshold), at) for at in instants if _within(instants, at, minutes) >= threshold
        ]
        if completed:
            hits[rule, _subject(column, value)] = completed
    return hits


def successes_after_failures(logins: list[Row], rule: str, column: str, threshold: int, minutes: int) -> Hits:
    hits: Hits = {}
    for (value,), group in grouped([r for r in logins if r[column] is not None], lambda r: (r[column],)).items():
        failures = [r["occurred_at"] for r in group if r["outcome"] == "failure"]
        successes = [r["occurred_at"] for r in group if r["outcome"] == "success"]
        struck = [
            (_last(failures, at, threshold), at) for at in successes if _within(failures, at, minutes) >= threshold
        ]
        if struck:
            hits[rule, _subject(column, value)] = struck
    return hits


def _within(instants: list[datetime], at: datetime, minutes: int) -> int:
    return sum(timedelta() <= at - instant <= timedelta(minutes=minutes) for instant in instants)


def _last(instants: list[datetime], at: datetime, count: int) -> datetime:
    """The earliest of the last `count` instants up to `at`."""
    return sorted(instant for instant in instants if instant <= at)[-count]


def travels(logins: list[Row], minutes: int) -> Hits:
    hits: Hits = {}
    known = [r for r in logins if r["outcome"] == "success" and r["country"] not in NOWHERE]
    for (user,), group in grouped(known, lambda r: (r["user_id"],)).items():
        for later in group:
            elsewhere = [r["occurred_at"] for r in group if r["country"] != later["country"]]
            if user is not None and _within(elsewhere, later["occurred_at"], minutes):
                before = max(at for at in elsewhere if at <= later["occurred_at"])
                hits.setdefault(("impossible_travel", f"user {user}"), []).append((before, later["occurred_at"]))
    return hits


def first_accesses(log: list[Row], days: int) -> Hits:
    """First accesses of an actor to a kind of object that others have accessed for so many days."""
    hits: Hits = defaultdict(list)
    for group in grouped(log, lambda r: (r["object_type"],)).values():
        known_since = min(r["occurred_at"] for r in group)
        for (actor,), own in grouped(group, lambda r: (r["actor"],)).items():
            first = min(r["occurred_at"] for r in own)
            if first - known_since >= timedelta(days=days):
                hits["unfamiliar_access", f"actor {actor}"].append((first, first))
    return hits
