"""Random histories of product, cut into random nights: the same as one load of all, and as plain Python counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.settings import Reporting
from tests.incremental.histories import EXAMPLES, TRIES_MANY
from tests.incremental.nights import File, Nights, differences
from tests.product.plain import Facts
from tests.product.tables import TABLES

START = datetime(2024, 2, 5)
DAYS, NIGHTS, USERS = 40, 4, 6
LAST_DT = (START + timedelta(days=DAYS)).date()

users = st.sampled_from([f"u{number}" for number in range(USERS)])
minutes = st.one_of(
    # a day and a half in which sessions are long, and are merged and cut by what comes and goes
    st.integers(10_000, 12_000),
    st.integers(10_000, 12_000),
    st.integers(0, DAYS * 1440 - 1),
    # midnights of New York before and after its change of clocks, and Tokyo's
    st.sampled_from([day * 1440 + at for day in (22, 23, 24, 33, 34, 35) for at in (239, 240, 299, 300, 899, 900)]),
)
nights = st.integers(0, NIGHTS - 1)
often, seldom = st.sampled_from([False] * 9 + [True]), st.sampled_from([False, False, False, True])

events = st.fixed_dictionaries(
    {
        "event_at": minutes,
        "user_id": st.one_of(users, users, users, st.none()),
        "anonymous_id": st.sampled_from([None, "a1", "a2"]),
        "session_id": st.sampled_from([None, None, None, "s1", "s2", "s3"]),
        "event_name": st.sampled_from(
            ["page_view", "page_view", "feature_used", "payment_started", "error", "push_received"]
        ),
        "feature": st.sampled_from([None, "split", "pay"]),
        "page": st.sampled_from([None, "/a", "/b"]),
        "platform": st.sampled_from(["web", "ios", None]),
        "is_bot": often,
    }
)
versions = st.fixed_dictionaries(
    {
        "user_id": users,
        "registered_at": minutes,
        "updated_at": minutes,
        "acquisition_channel": st.sampled_from([None, "organic", "paid_search"]),
        "is_test": seldom,
    }
)
groups, meters = st.sampled_from(["g1", "g2"]), st.sampled_from(["m1", "m2", "m3"])
memberships = st.fixed_dictionaries(
    {
        "group_id": groups,
        "user_id": users,
        "joined_at": minutes,
        "left_at": st.one_of(st.none(), minutes),
        "updated_at": minutes,
    }
)
installations = st.fixed_dictionaries(
    {
        "meter_id": meters,
        "group_id": groups,
        "utility": st.sampled_from(["gas", "water"]),
        "installed_at": minutes,
        "removed_at": st.one_of(st.none(), minutes),
        "reading_due_day": st.sampled_from([None, 10, 28]),
        "updated_at": minutes,
    }
)
readings = st.fixed_dictionaries(
    {
        "meter_id": meters,
        "user_id": users,
        "submitted_at": minutes,
        "period": st.sampled_from(["2024-02-01", "2024-03-01"]),
        "value": st.just(1),
        "unit": st.just("m3"),
    }
)
attempts = st.fixed_dictionaries(
    {
        "payment_id": st.just("p"),
        "user_id": st.one_of(st.none(), users),
        "group_id": st.one_of(st.none(), groups),
        "kind": st.just("bill"),
        "attempted_at": minutes,
        "updated_at": minutes,
        "status": st.just("failed"),
        "amount_minor": st.just(1),
        "currency": st.just("USD"),
    }
)


@st.composite
def histories(draw: st.DrawFn) -> list[list[tuple[str, str, list]]]:
    """Per night the files delivered in it: feed, name, rows. A file may come again, with other rows in it."""
    deliveries: list[list[tuple[str, str, list]]] = [[] for _ in range(NIGHTS)]
    for feed, (row, most) in ROWS.items():
        for number in range(draw(st.integers(2, 4))):
            content = draw(st.lists(row, min_size=most // 2, max_size=most))
            night = draw(nights)
            name = f"{number}.ndjson"
            deliveries[night].append((feed, name, [(f"{feed}-{number}-{n}", row) for n, row in enumerate(content)]))
            if night < NIGHTS - 1 and draw(seldom):
                corrected = draw(st.lists(row, max_size=most))
                deliveries[draw(st.integers(night + 1, NIGHTS - 1))].append(
                    (feed, name, [(f"{feed}-{number}-again-{n}", row) for n, row in enumerate(corrected)])
                )
    return deliveries


# Feed: kind of row, most rows of a file.
ROWS = {
    "events": (events, 25),
    "users": (versions, 6),
    "group_members": (memberships, 5),
    "meters": (installations, 4),
    "meter_readings": (readings, 6),
    "payments": (attempts, 4),
}
# Keys that every row of the feed has for itself, and keys of which rows are versions.
OWN_KEYS = {"events": "event_id", "meter_readings": "reading_id", "payments": "attempt_id"}
KEYS = {"users": ("user_id",), "group_members": ("group_id", "user_id"), "meters": ("meter_id",)}


def rows_of(feed: str, content: list) -> list[dict]:
    """The rows in the columns of the contract, minutes as instants."""
    return [
        ({OWN_KEYS[feed]: key} if feed in OWN_KEYS else {})
        | {name: value if value is None else instant(name, value) for name, value in row.items()}
        for key, row in content
    ]


def instant(name: str, value: object) -> object:
    return START + timedelta(minutes=int(str(value))) if name.endswith("_at") else value


def file_of(feed: str, name: str, content: list) -> File:
    lines = [json.dumps(row, default=datetime.isoformat) for row in rows_of(feed, content)]
    return File(feed, LAST_DT, name, "".join(line + "\n" for line in lines).encode())


def standing(deliveries: list, feed: str) -> list[dict]:
    """What stands in the end: of each file the last content, of each key the highest version, then the last line."""
    files = {name: content for night in deliveries for kind, name, content in night if kind == feed}
    rows = [row for name in sorted(files) for row in rows_of(feed, files[name])]
    if feed in OWN_KEYS:
        return rows
    newest: dict[tuple, dict] = {}
    for row in rows:
        key = tuple(row[name] for name in KEYS[feed])
        if key not in newest or row["updated_at"] >= newest[key]["updated_at"]:
            newest[key] = row
    return list(newest.values())


REPORTING = [
    Reporting(reporting_timezone="America/New_York", mau_window_days=10, week_start="sunday"),
    Reporting(reporting_timezone="Asia/Tokyo"),
]


@pytest.mark.parametrize("reporting", REPORTING if TRIES_MANY else REPORTING[:1])
def test_any_history_in_any_nights_gives_the_figures_of_plain_counting(
    reporting: Reporting, tmp_path_factory: pytest.TempPathFactory, record_property: Callable[[str, object], None]
) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=not TRIES_MANY,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(), st.lists(st.integers(DAYS - 12, DAYS), min_size=NIGHTS, max_size=NIGHTS))
    def holds(deliveries: list, as_of: list[int]) -> None:
        check(tmp_path_factory.mktemp, reporting, deliveries, [(START + timedelta(days=day)).date() for day in as_of])

    holds()
    record_property("histories", EXAMPLES)


def check(new_home: Callable[[str], Path], reporting: Reporting, deliveries: list, as_of: list[date]) -> None:
    nightly, at_once = (Nights(new_home(name), reporting, {"product"}) for name in ("nightly", "at_once"))
    for files, day in zip(deliveries, as_of, strict=True):
        nightly.deliver(file_of(*file) for file in files)
        nightly.run(day)
        at_once.deliver(file_of(*file) for file in files)
    at_once.run(as_of[-1])
    assert differences(nightly, at_once) == {}
    feeds = {feed: standing(deliveries, feed) for feed in ROWS}
    facts = Facts(**feeds, reporting=reporting, as_of=as_of[-1])
    for table, count in TABLES.items():
        assert sorted(nightly.query(f"select * from product.{table}")) == count(facts), table
