"""How the warehouse stands, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dagster_project.console.terminal import console, duration_of, print_pairs, printable, table_of
from dagster_project.warehouse.status import FeedStatus, HeldBack, Quarantined, Status
from dagster_project.warehouse.watch.watched import FeedDay, Provisional, provisional_in_words

ON_TIME = {"when_it_happens": "when it happens"}
WORDS = {"unknown": "not enough history"}
# What to do about a delivery, by its status in ops.feed_health.
REMEDIES = {
    "missing": "deliver it and run `warehouse nightly`; until then what is made from it is provisional",
    "small": "compare with the source; deliver what lacks, or the whole file under the same name",
    "large": "compare with the source; a corrected file under the same name replaces what this one loaded",
    "conflicting": "compare with the source; if the later content is right, correct the earlier file under its name",
    "late": "nothing to do; if it is so every day, change freshness in the feed's contract",
}


def print_status(status: Status, now: datetime) -> None:
    """Release, held-back domains, feeds, quarantine and what in the landing zone is no delivery."""
    out = console()
    if status.release is None:
        out.print("nothing was published yet: `warehouse nightly` makes the first release")
    else:
        release, age = status.release, duration_of(now - status.release.published_at)
        out.print(f"release {release.release_id}, published {age} ago, as of {release.as_of}", style="bold")
    _print_held_back(status.held_back)
    _print_feeds(status.feeds, {day.feed: WORDS.get(day.status, day.status) for day in status.newest_days})
    _print_unexpected([day for day in status.newest_days if not day.is_sound])
    if status.provisional:
        out.print("\nprovisional", style="bold")
        print_pairs(provisional_pairs(status.provisional))
    _print_quarantine(status.quarantine)
    if status.problems:
        out.print("\nin the landing zone, but no delivery", style="bold")
        for problem in status.problems:
            out.print(f"  {problem.path}: {problem.problem}")


def _print_held_back(held_back: Sequence[HeldBack]) -> None:
    out = console()
    for domain in held_back:
        tables = f"as of {domain.as_of}, from release {domain.release_id}" if domain.as_of else "not published yet"
        out.print(f"\n{domain.domain} is held back; its tables are {tables}", style="bold red")
        out.print(printable(f"  {domain.reason}"))


def _print_feeds(feeds: Sequence[FeedStatus], newest: Mapping[str, str]) -> None:
    counts = (">rows", ">quarantined", ">waiting files")
    table = table_of("feed", "domain", "last delivery", *counts, "lateness", "newest day")
    for feed in feeds:
        late = "never delivered" if feed.last_dt is None else ON_TIME.get(feed.schedule, "on time")
        table.add_row(
            feed.feed,
            feed.domain,
            str(feed.last_dt or ""),
            f"{feed.rows:,}",
            f"{feed.quarantined:,}",
            f"{feed.waiting_files:,}",
            f"late by {duration_of(feed.late_by)}" if feed.late_by else late,
            newest.get(feed.feed, ""),
        )
    console().print()
    console().print(table)


def _print_unexpected(unexpected: Sequence[FeedDay]) -> None:
    """The newest deliveries that are not as expected, after each sort of them its remedy."""
    out = console()
    if unexpected:
        out.print("\nnot delivered as expected", style="bold")
    for status, remedy in REMEDIES.items():
        days = [day for day in unexpected if day.status == status]
        for day in days:
            out.print(printable(f"  {day.feed}, {day.dt}: {status}: {day.detail}"))
        if days:
            out.print(f"    {remedy}")


def provisional_pairs(tables: Sequence[Provisional]) -> dict[str, str]:
    """What is provisional, by domain, as pairs to print."""
    return {f"provisional: {domain}": told for domain, told in provisional_in_words(tables).items()}


def _print_quarantine(quarantine: Sequence[Quarantined] | None) -> None:
    out = console()
    if quarantine is None:
        out.print("\na run is writing now; the reasons for quarantine can be read when it has ended")
    elif quarantine:
        out.print("\nin quarantine", style="bold")
        table = table_of("feed", ">lines", "reason", "for example in")
        for row in quarantine:
            table.add_row(row.feed, f"{row.lines:,}", printable(row.reason), row.last_file)
        out.print(table)
