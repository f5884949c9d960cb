"""The figures of platform by another way: plain Python over the rows that were loaded, one dictionary per table."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Figures = dict[tuple, tuple]
HOUR = timedelta(hours=1)
PATHS = {
    "payment_processing": {("POST", "/v1/payments"), ("POST", "/v1/payment-intents")},
    "authentication": {("POST", "/v1/auth/login"), ("POST", "/v1/auth/refresh")},
    "meter_reading_submission": {("POST", "/v1/meter-readings")},
    "group_operations": {
        ("GET", "/v1/groups/{group_id}"),
        ("PATCH", "/v1/groups/{group_id}/split"),
        ("POST", "/v1/groups/{group_id}/members"),
    },
}
SLOWEST_MS = {"payment_processing": 2000}
VITALS = {
    "LCP": (2500, 4000),
    "FID": (100, 300),
    "INP": (200, 500),
    "CLS": (0.1, 0.25),
    "FCP": (1800, 3000),
    "TTFB": (800, 1800),
    "TTI": (3800, 7300),
}
THRESHOLDS = {"cpu_utilization": 80, "memory_utilization": 85, "disk_utilization": 90, "network_latency": 100}


def hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def day_of(instant: datetime, zone: str) -> date:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def percentile(fraction: float, values: Iterable[float | None]) -> float | None:
    """The smallest of the values that at least that share of them does not exceed."""
    known = sorted(value for value in values if value is not None)
    return known[max(1, math.ceil(round(fraction * len(known), 9))) - 1] if known else None


def grouped(rows: Iterable[Row], key: Callable[[Row], tuple]) -> dict[tuple, list[Row]]:
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def api_performance(requests: list[Row]) -> Figures:
    found = {}
    by_route = grouped(requests, lambda r: (hour_of(r["started_at"]), r["service"], r["method"], r["route"]))
    for key, group in by_route.items():
        times = [r["duration_ms"] for r in group if r["duration_ms"] is not None]
        classes, cache = Counter(r["status_code"] // 100 for r in group), Counter(r["cache_status"] for r in group)
        asked, sizes = cache["hit"] + cache["miss"], [r["bytes_sent"] for r in group if r["bytes_sent"] is not None]
        found[key] = (
            len(group),
            classes[4],
            classes[5],
            classes[5] / len(group),
            *(percentile(share, times) for share in (0.5, 0.95, 0.99)),
            math.fsum(times) / len(times) if times else None,
            cache["hit"] / asked if asked else None,
            sum(sizes) if sizes else None,
        )
    return found


def critical_paths(requests: list[Row]) -> Figures:
    found = {}
    for path, routes in PATHS.items():
        for (hour,), group in grouped(requests, lambda r: (hour_of(r["started_at"]),)).items():
            own = [r for r in group if (r["method"], r["route"]) in routes]
            if own:
                failures = sum(r["status_code"] >= 500 for r in own)
                p95, success = percentile(0.95, (r["duration_ms"] for r in own)), 1 - failures / len(own)
                meets = success >= 0.99 and (p95 is None or p95 <= SLOWEST_MS.get(path, 1000))
                found[hour, path] = (len(own), failures, success, p95, meets)
    return found


def web_vitals(vitals: list[Row], zone: str) -> Figures:
    found = {}
    days = grouped(vitals, lambda r: (day_of(r["measured_at"], zone), r["page"], r["device"], r["metric"]))
    for key, group in days.items():
        p75 = percentile(0.75, (r["value"] for r in group))
        good, poor = VITALS.get(key[3], (None, None))
        rating = None if good is None else "good" if p75 <= good else "poor" if p75 > poor else "needs_improvement"
        found[key] = (len(group), p75, rating)
    return found


def infrastructure(samples: list[Row]) -> Figures:
    """Restarts, the sample's only counter, per hour; everything else is a gauge."""
    readings: dict[tuple, list[tuple[float, float, float] | None]] = defaultdict(list)
    series = grouped(samples, lambda r: (r["source"], r["resource_type"], r["resource_id"], r["metric"], r["labels"]))
    for key, group in series.items():
        before = None
        for row in sorted(group, key=lambda r: r["sampled_at"]):
            reading: tuple[float, float, float] | None = (row["value"], row["value"], 1)
            if key[3] == "restarts":
                reading = _increase(before, row)
                before = row
            readings[(hour_of(row["sampled_at"]), *key[:4])].append(reading)
    found = {}
    for key, all_readings in readings.items():
        known = [reading for reading in all_readings if reading is not None]
        threshold, values = THRESHOLDS.get(key[4]), [reading for reading, _, _ in known]
        weight, factor = sum(weight for *_, weight in known), 3600 if key[4] == "restarts" else 1
        mean = math.fsum(amount for _, amount, _ in known) / weight * factor if known else None
        highest = max(values, default=None)
        is_breach = threshold is not None and highest is not None and highest > threshold
        found[key] = (len(all_readings), mean, highest, percentile(0.95, values), threshold, is_breach)
    return found


def _increase(before: Row | None, row: Row) -> tuple[float, float, float] | None:
    """Rate per hour, increase and seconds since the sample before, within an hour."""
    if before is None or row["sampled_at"] - before["sampled_at"] > HOUR:
        return None
    seconds = (row["sampled_at"] - before["sampled_at"]).total_seconds()
    grown = row["value"] - before["value"] if row["value"] >= before["value"] else row["value"]
    return grown / seconds * 3600, grown, seconds


def errors(rows: list[Row], zone: str) -> Figures:
    first: dict[tuple, datetime] = {}
    for row in sorted(rows, key=lambda r: r["occurred_at"]):
        first.setdefault((row["platform"], row["fingerprint"]), row["occurred_at"])
    found = {}
    days = grouped(rows, lambda r: (day_of(r["occurred_at"], zone), r["platform"], r["fingerprint"]))
    for key, group in days.items():
        seen = first[key[1:]]
        users = {r["user_id"] for r in group} - {None}
        found[key] = (len(group), len(users), seen, day_of(seen, zone) == key[0])
    return found


def traces(spans: list[Row]) -> Figures:
    children = grouped(spans, lambda r: (r["parent_span_id"],))
    own_time, total = defaultdict(float), defaultdict(float)
    hours = grouped(spans, lambda r: (hour_of(r["started_at"]), r["service"], r["operation"]))
    for key, group in hours.items():
        for span in group:
            covered = sum(_overlap(span, child) for child in children.get((span["span_id"],), []))
            own_time[key] += max(span["duration_ms"] - covered, 0)
        total[key[0]] += own_time[key]
    return {
        key: (
            len(group),
            sum(bool(r["is_error"]) for r in group),
            sum(bool(r["is_throttled"]) for r in group),
            percentile(0.95, (r["duration_ms"] for r in group)),
            own_time[key] / total[key[0]] if total[key[0]] else None,
        )
        for key, group in hours.items()
    }


def _overlap(span: Row, child: Row) -> float:
    begins = (child["started_at"] - span["started_at"]).total_seconds() * 1000
    return max(min(begins + child["duration_ms"], span["duration_ms"]) - max(begins, 0), 0)


def logs(rows: list[Row]) -> Figures:
    """In the sample messages of a kind differ in nothing at all."""
    hours = grouped(rows, lambda r: (hour_of(r["logged_at"]), r["service"], r["level"]))
    return {key: (len(group), len({r["message"] for r in group})) for key, group in hours.items()}


def integrations(checks: list[Row], zone: str) -> Figures:
    """Downtime by walking along the checks of each integration, cut at every midnight."""
    down, incidents = defaultdict(timedelta), Counter()
    for (name,), group in grouped(checks, lambda r: (r["integration"],)).items():
        ordered = sorted(group, key=lambda r: (r["checked_at"], r["check_id"]))
        for before, check, after in zip([None, *ordered], ordered, [*ordered[1:], None], strict=False):
            if check["status"] != "down":
                continue
            day = day_of(check["checked_at"], zone)
            midnight = start_of(day + timedelta(days=1), zone)
            ends = after["checked_at"] if after else midnight
            down[day, name] += min(ends, midnight) - check["checked_at"]
            if after and day_of(ends, zone) == day + timedelta(days=1):
                down[day + timedelta(days=1), name] += ends - midnight
            known = before and day_of(before["checked_at"], zone) >= day - timedelta(days=1)
            incidents[day, name] += not known or before["status"] != "down"
    found = {}
    for key, group in grouped(checks, lambda r: (day_of(r["checked_at"], zone), r["integration"])).items():
        found[key] = (
            len(group),
            sum(r["status"] != "down" for r in group) / len(group),
            percentile(0.95, (r["latency_ms"] for r in group)),
            incidents[key],
            round(down[key].total_seconds() / 60, 2),
        )
    return found
