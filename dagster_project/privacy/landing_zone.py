"""The landing zone without the person: deliveries by their records, anything else that lies there by its text."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.landing_files import Change, find, write_cleaned
from dagster_project.privacy.person import Person
from dagster_project.privacy.books import Rewritten
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.landing import Delivery, scan
from dagster_project.warehouse.records import content_hash

PLACE = "landing"


def clean_landing(erasure: Erasure) -> Iterator[Count]:
    """Rewrite every delivery that holds a record of the person or names them, feed by feed."""
    feeds = read_contracts()
    counts: dict[str, Counter[str]] = {name: Counter() for name in feeds}
    for delivery in scan(erasure.settings.landing, feeds).deliveries:
        feed, count = feeds[delivery.feed], counts[delivery.feed]
        change = find(delivery, feed, erasure.person)
        if not change and not (change.is_broken and _is_named_in(delivery, erasure.person)):
            continue
        count["files"] += 1
        count["removed"] += len(change.removed)
        count["redacted"] += change.redacted
        if not erasure.is_dry:
            _replace(erasure, delivery, feed, change)
    for name, count in counts.items():
        if count["files"]:
            yield Count(PLACE, f"{name}, {count['files']} files", count["removed"], count["redacted"])


def _is_named_in(delivery: Delivery, person: Person) -> bool:
    return person.is_in(delivery.path.read_bytes().decode("utf-8", "replace"))


def _replace(erasure: Erasure, delivery: Delivery, feed: Feed, change: Change) -> None:
    """Swap the cleaned file in by one rename; a broken file can't be rewritten and goes, its ledger entry stays."""
    if change.is_broken:
        delivery.path.unlink()
        erasure.report(f"{delivery.path}: can't be read to its end and names the person: deleted; deliver it again sound")
        return
    rewrite_file(delivery, feed, erasure.person, erasure.journal.note)


def rewrite_file(delivery: Delivery, feed: Feed, person: Person, note) -> Change:
    """Rewrite a delivery without the person, telling `note` before it takes the old one's place.

    Raises OSError where the file was delivered anew meanwhile: nothing of what is new may be lost.
    """
    draft = delivery.path.with_name(f".{delivery.file}.{os.getpid()}.tmp")
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
