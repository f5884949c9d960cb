"""Erasing one person from everything that a home holds: `warehouse erase`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dagster_project.privacy.context import Count, Erasure, Journal, Report
from dagster_project.privacy.erased_list import read_erased, write_erased
from dagster_project.privacy.identify import alike, identify, is_known
from dagster_project.privacy.person import SHORTEST_NUMBER
from dagster_project.privacy.places import PLACES
from dagster_project.privacy.receipt import Receipt, write_receipt
from dagster_project.settings import Settings
from dagster_project.warehouse.database import open_database, writer_lock
from dagster_project.warehouse.load.personal_data import require_same_key


class UnknownPersonError(Exception):
    """No column of people has the id, or nothing at all, and this person was not erased before."""


def erase(
    settings: Settings, user_id: str, is_dry: bool = False, report: Report = print, is_forced: bool = False
) -> Receipt:
    """Take the person out of every place, keep out what may be delivered again, and return what went where.

    A dry run changes nothing. Killed at any moment and run again, it completes; run again after that, it finds nothing.
    Raises UnknownPersonError where no column of people has the id, unless forced, and where there is nothing to erase;
    ContractError where rows were loaded with another key than the one that the list of the erased would be made with.
    """
    with writer_lock(settings, report):
        if settings.candidate.exists():
            with open_database(settings.candidate, read_only=True) as connection:
                require_same_key(connection, settings)
        erased = read_erased(settings)
        journal = Journal(settings.erasing / f"{erased.hash(user_id)[:16]}.json")
        if not (is_forced or erased.holds(user_id) or journal.begun()):
            _require_known(settings, user_id)
        erasure, counts = _begin(settings, user_id, journal, report)
        if not counts and not erased.holds(user_id):
            raise UnknownPersonError(f"{settings.home} holds nothing of {user_id!r}; nothing was changed")
        receipt = Receipt(erased.hash(user_id), _utc_now(), is_dry, counts)
        if is_dry:
            return receipt
        write_erased(settings, erased.with_person(erasure.person))
        if not erasure.journal.begun():
            erasure.journal.begin(erasure.person, counts)
        for place in PLACES:
            report(f"erasing from {place.name}")
            place.clean(erasure)
        report("searching once more")
        receipt = replace(receipt, left=[f"{count.place}: {count.what}" for count in _find(erasure)])
        write_receipt(settings, receipt)
        erasure.journal.end()
        return receipt


def _require_known(settings: Settings, user_id: str) -> None:
    """A word such as `payments` stands in texts everywhere: to take it out of them would ruin the home."""
    if is_known(settings, user_id):
        return
    meant = ", ".join(alike(settings, user_id))
    raise UnknownPersonError(
        f"{settings.home} knows no user {user_id!r}: expected an id as it stands in the user_id columns"
        + (f" (there is {meant})" if meant else "")
        + "; nothing was changed. Where a person's id is left in texts alone, --force takes it out of them, after a "
        "look at --dry-run"
    )


def _begin(settings: Settings, user_id: str, journal: Journal, report: Report) -> tuple[Erasure, list[Count]]:
    """The erasure, and what there was to erase before it began."""
    begun = journal.begun()
    if begun:
        report("completing an erasure that did not end")
        return Erasure(settings, begun[0], report, journal), begun[1]
    if user_id.isdigit() and len(user_id) < SHORTEST_NUMBER:
        report(
            f"a number of fewer than {SHORTEST_NUMBER} digits could be an amount or a count in any text: "
            "the id is looked for in columns of people alone"
        )
    elif user_id.isalpha():
        report("the id is a word: where texts of others have it among other words, they lose it; see --dry-run")
    report("looking for what leads to the person")
    erasure = Erasure(settings, identify(settings, user_id), report, journal)
    report("searching")
    return erasure, list(_find(erasure))


def _find(erasure: Erasure) -> Iterator[Count]:
    for place in PLACES:
        yield from place.find(erasure)


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
