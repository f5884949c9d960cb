"""The landing zone without the person: deliveries by their records, anything else that lies there by its text."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from dagster_project.privacy.books import Rewritten
from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.landing_files import Change, find, readable, write_cleaned
from dagster_project.privacy.person import Person
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.load.landing import LAST_DAY, Delivery, scan
from dagster_project.warehouse.load.source import content_hash

PLACE = "landing"
# The writer lock is held, so that a file of this name is a draft of one's own, or of a process that was killed.
DRAFT = ".erasing.tmp"


def find_in_landing(erasure: Erasure) -> Iterator[Count]:
    """What the landing zone holds of the person, feed by feed."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for delivery, _, change in _concerned(erasure):
        sums = {"files": 1, "removed": len(change.removed), "redacted": change.redacted}
        counts[delivery.feed].update(sums)
    for name, count in counts.items():
        yield Count(PLACE, f"{name}, {count['files']} files", count["removed"], count["redacted"])


def clean_landing(erasure: Erasure) -> None:
    """Rewrite every delivery that holds a record of the person or names them.

    A broken file can't be rewritten and goes, its ledger entry stays.
    """
    for delivery, feed, change in _concerned(erasure):
        if change.is_broken:
            delivery.path.unlink()
            erasure.report(f"deleted {delivery.path}: it can't be read to its end and names the person")
        else:
            rewrite_file(delivery, feed, erasure.person, erasure.journal.note)
    for leftover in erasure.settings.landing.glob(f"*/*/.*{DRAFT}"):
        leftover.unlink()


def _concerned(erasure: Erasure) -> Iterator[tuple[Delivery, Feed, Change]]:
    feeds = read_contracts()
    for delivery in scan(erasure.settings.landing, feeds, LAST_DAY).deliveries:
        change = find(delivery, feeds[delivery.feed], erasure.person)
        if change or (change.is_broken and _is_named_in(delivery, erasure.person)):
            yield delivery, feeds[delivery.feed], change


def _is_named_in(delivery: Delivery, person: Person) -> bool:
    """Whether the part that can be read names the person."""
    return person.is_in(readable(delivery.path, delivery.format[1]).decode("utf-8", "replace"))


def rewrite_file(delivery: Delivery, feed: Feed, person: Person, note: Callable[[Rewritten], None]) -> Change:
    """Rewrite a delivery without the person, telling `note` before it takes the old one's place.

    Raises OSError where the file was delivered anew meanwhile: nothing of what is new may be lost.
    """
    draft = delivery.path.with_name(f".{delivery.file}{DRAFT}")
    draft.unlink(missing_ok=True)
    try:
        old = content_hash(delivery)
        change = write_cleaned(delivery, feed, person, draft)
        _flush(draft)
        draft.chmod(delivery.path.stat().st_mode & 0o777)
        new = content_hash(Delivery(delivery.feed, delivery.dt, delivery.file, draft, 0, ""))
        note(Rewritten(delivery.feed, delivery.dt.isoformat(), delivery.file, old, new, tuple(change.removed)))
        if content_hash(delivery) != old:
            raise OSError(f"{delivery.path} was delivered again meanwhile; run the command again")
        os.replace(draft, delivery.path)
        _flush(delivery.path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return change


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
