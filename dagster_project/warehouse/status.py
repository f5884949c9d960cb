"""How the warehouse stands: feeds, what waits or is no delivery, quarantine, the last release, what is held back.

Everything published comes from the release, which no run ever locks, and the rest from the landing zone itself, so
that the question can be asked at any moment, also before anything was ever run.
"""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.load.landing import Landing, Problem, scan
from dagster_project.warehouse.release.releases import Release, ReleaseError, list_releases, open_release
from dagster_project.warehouse.watch.watched import FeedDay, Provisional, read_newest_days, read_provisional

REASONS_SHOWN = 20


@dataclass(frozen=True)
class FeedStatus:
    """One feed: what the current release knows of its deliveries, and what lies waiting in the landing zone.

    `rows` and `quarantined` count records; `late_by` is how long the feed is overdue, None where it is not; what is
    delivered when it happens never is.
    """

    feed: str
    domain: str
    schedule: str
    last_dt: date | None
    rows: int
    quarantined: int
    waiting_files: int
    late_by: timedelta | None


@dataclass(frozen=True)
class HeldBack:
    """A domain that keeps older tables; release and as-of day are None where it was never published."""

    domain: str
    reason: str
    release_id: str | None
    as_of: date | None


@dataclass(frozen=True)
class Quarantined:
    """Records in quarantine of one feed for one reason; `last_file` names the newest file with some."""

    feed: str
    reason: str
    lines: int
    last_file: str


@dataclass(frozen=True)
class Status:
    """The whole answer; `quarantine` is None while a run writes, because only the candidate holds the reasons."""

    feeds: list[FeedStatus]
    problems: list[Problem]
    release: Release | None
    held_back: list[HeldBack]
    quarantine: list[Quarantined] | None
    newest_days: list[FeedDay]
    provisional: list[Provisional]


# feed -> newest delivery day, records loaded, records in quarantine
Deliveries = dict[str, tuple[date, int, int]]


def read_status(settings: Settings, now: datetime | None = None) -> Status:
    """The state of a home as of `now` (UTC, default: the present); reads only, creates nothing."""
    now = now or datetime.now(UTC).replace(tzinfo=None)
    feeds = read_contracts()
    landing = scan(settings.landing, feeds)
    release = next((release for release in list_releases(settings) if release.is_current), None)
    deliveries, known_files, held_back = _published(settings)
    newest_days, provisional = _watched(settings)
    waiting = Counter(d.feed for d in landing.deliveries if (d.feed, d.dt, d.file) not in known_files)
    return Status(
        feeds=[_feed_status(feed, deliveries, waiting, now) for feed in feeds.values()],
        problems=landing.problems,
        release=release,
        held_back=held_back,
        quarantine=_quarantine(settings),
        newest_days=newest_days,
        provisional=provisional,
    )


def newest_delivery_day(settings: Settings) -> date | None:
    """The newest day in the landing zone, or None when nothing was delivered."""
    return _landing(settings).newest_dt()


def _landing(settings: Settings) -> Landing:
    return scan(settings.landing, read_contracts())


def _published(settings: Settings) -> tuple[Deliveries, set[tuple[str, date, str]], list[HeldBack]]:
    try:
        with open_release(settings) as connection:
            totals = connection.execute(
                "select feed, max(dt), cast(sum(loaded) as bigint), cast(sum(quarantined) as bigint) "
                "from ops.feed_deliveries group by feed"
            ).fetchall()
            files = connection.execute("select feed, dt, file from ops.feed_deliveries").fetchall()
            held_back = connection.execute(
                "select domain, reason, release_id, as_of from ops.domain_freshness where is_held_back order by domain"
            ).fetchall()
    except ReleaseError:  # nothing was published yet
        return {}, set(), []
    return {feed: (dt, rows, bad) for feed, dt, rows, bad in totals}, set(files), [HeldBack(*row) for row in held_back]


def _watched(settings: Settings) -> tuple[list[FeedDay], list[Provisional]]:
    try:
        with open_release(settings) as connection:
            return read_newest_days(connection), read_provisional(connection)
    except ReleaseError:
        return [], []


def _feed_status(feed: Feed, deliveries: Deliveries, waiting: Counter[str], now: datetime) -> FeedStatus:
    last_dt, rows, quarantined = deliveries.get(feed.name, (None, 0, 0))
    return FeedStatus(
        feed=feed.name,
        domain=feed.domain,
        schedule=feed.schedule,
        last_dt=last_dt,
        rows=rows,
        quarantined=quarantined,
        waiting_files=waiting[feed.name],
        late_by=_late_by(None if feed.schedule == "when_it_happens" else last_dt, feed.freshness_hours, now),
    )


def _late_by(last_dt: date | None, allowed_hours: float, now: datetime) -> timedelta | None:
    """How much longer ago than allowed the last delivery day ended (UTC)."""
    if last_dt is None:
        return None
    late_by = now - datetime.combine(last_dt + timedelta(days=1), time()) - timedelta(hours=allowed_hours)
    return late_by if late_by > timedelta() else None


def _quarantine(settings: Settings) -> list[Quarantined] | None:
    if not settings.candidate.exists():
        return []
    with _nobody_writes(settings) as is_quiet:
        if not is_quiet:
            return None
        with open_database(settings.candidate, read_only=True) as connection:
            rows = connection.execute(
                "select feed, reason, cast(sum(lines) as bigint) as lines, max('dt=' || dt || '/' || file) "
                "from load.quarantine group by feed, reason order by lines desc, feed, reason limit ?",
                [REASONS_SHOWN],
            ).fetchall()
    return [Quarantined(*row) for row in rows]


@contextmanager
def _nobody_writes(settings: Settings) -> Iterator[bool]:
    """Keep writers waiting for the moment of a read, or say that one is at work."""
    with open(settings.work / "writer.lock", "a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
