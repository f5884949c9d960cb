"""The one list of where a home may hold personal data, in the order in which an erasure goes through it.

Which columns of a feed hold it, the contracts say (`person` and `pii`); every other text is searched. A part of the
home that is to hold data in a form of its own gets an entry here.

The landing zone comes first: a night between a killed erasure and its completion then loads what is already clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dagster_project.privacy.candidate import clean_candidate, find_in_candidate
from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.landing_zone import clean_landing, find_in_landing
from dagster_project.privacy.pages import clean_pages, find_in_pages
from dagster_project.privacy.released import clean_releases, find_in_releases
from dagster_project.privacy.work_files import clean_work_files, find_in_work_files


@dataclass(frozen=True)
class Place:
    """A part of the home: how to count what it holds of a person, and how to take that out. Both may run again."""

    name: str
    find: Callable[[Erasure], Iterator[Count]]
    clean: Callable[[Erasure], None]


PLACES = (
    Place("landing", find_in_landing, clean_landing),  # deliveries, by their records
    # raw, superseded and moved rows, quarantine, ledger, marts and what they are made of
    Place("candidate", find_in_candidate, clean_candidate),
    Place("releases", find_in_releases, clean_releases),  # every retained one
    Place("pages", find_in_pages, clean_pages),  # dashboards, made from releases
    # logs, reports, dbt's files, Dagster's event log, whatever else lies in the home
    Place("work files", find_in_work_files, clean_work_files),
)
