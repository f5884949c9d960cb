"""The one list of where a home may hold personal data, in the order in which an erasure goes through it.

Which columns of a feed hold it, the contracts say (`person` and `pii`); every other text is searched. A part of the
home that is to hold data in a form of its own gets an entry here.

The landing zone comes first: a night between a killed erasure and its completion then loads what is already clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dagster_project.privacy.candidate import clean_candidate
from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.landing_zone import clean_landing
from dagster_project.privacy.released import clean_releases
from dagster_project.privacy.work_files import clean_work_files

# What each takes out it counts; in a dry run it counts alone.
PLACES: dict[str, Callable[[Erasure], Iterator[Count]]] = {
    "landing": clean_landing,  # deliveries, by their records
    "candidate": clean_candidate,  # raw, superseded and moved rows, quarantine, ledger, marts and what they are made of
    "releases": clean_releases,  # every retained one
    "work files": clean_work_files,  # logs, reports, dbt's files, Dagster's event log, whatever else lies in the home
}
