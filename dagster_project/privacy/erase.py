"""Erasing one person from everything that a home holds: `warehouse erase`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dagster_project.privacy.context import Count, Erasure, Journal, Report
from dagster_project.privacy.erased_list import read_erased, write_erased
from dagster_project.privacy.identify import identify
from dagster_project.privacy.places import PLACES
from dagster_project.privacy.receipt import Receipt, write_receipt
from dagster_project.settings import Settings
from dagster_project.warehouse.database import writer_lock


class UnknownPersonError(Exception):
    """Nothing in the home is of this person or names them, and they were not erased before."""


def erase(settings: Settings, user_id: str, is_dry: bool = False, report: Report = print) -> Receipt:
    """Take the person out of every place, keep out what may be delivered again, and return what went where.

    A dry run changes nothing. Killed at any moment and run again, it completes; run again after that, it finds nothing.
    Raises UnknownPersonError where there is nothing to erase.
    """
    with writer_lock(settings, report):
        erased = read_erased(settings)
        erasure = _begin(settings, user_id, erased.hash(user_id), is_dry, report)
        if not erased.holds(user_id) and not erasure.person.values and not _is_anywhere(erasure):
            raise UnknownPersonError(
                f"{settings.home} holds nothing of a user {user_id!r}: expected an id as it stands in the user_id "
                "columns; nothing was changed"
            )
        if not is_dry:
            write_erased(settings, erased.with_person(erasure.person))
            erasure.journal.begin(erasure.person)
        counts = list(_go_through(erasure))
        receipt = Receipt(erased.hash(user_id), _utc_now(), is_dry, counts, [] if is_dry else _left(erasure))
        if not is_dry:
            write_receipt(settings, receipt)
            erasure.journal.end()
        return receipt


def _begin(settings: Settings, user_id: str, hashed: str, is_dry: bool, report: Report) -> Erasure:
    journal = Journal(settings.erasing / f"{hashed[:16]}.json")
    person = journal.person()
    if person:
        report("completing an erasure that did not end")
    else:
        report("looking for what leads to the person")
        person = identify(settings, user_id)
    return Erasure(settings, person, is_dry, report, journal)


def _go_through(erasure: Erasure) -> Iterator[Count]:
    for place, clean in PLACES.items():
        erasure.report(place)
        yield from clean(erasure)


def _is_anywhere(erasure: Erasure) -> bool:
    """Whether a dry run finds anything; it stops at the first finding."""
    return any(True for clean in PLACES.values() for _ in clean(replace(erasure, is_dry=True)))


def _left(erasure: Erasure) -> list[str]:
    """What is still there: the proof that nothing is, or what to do by hand."""
    erasure.report("searching the home once more")
    again = replace(erasure, is_dry=True, left=[])
    found = [f"{count.place}: {count.what}" for clean in PLACES.values() for count in clean(again)]
    return sorted({*again.left, *found})


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
