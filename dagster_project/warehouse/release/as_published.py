"""Which release answers for a day of the past: `warehouse query --as-published`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dagster_project.settings import Settings
from dagster_project.warehouse.release.files import ReleaseError, retained_ids
from dagster_project.warehouse.release.history import read_releases
from dagster_project.warehouse.release.releases import list_releases, open_release
from dagster_project.warehouse.release.switches import Switch, current_at


def as_published(settings: Settings, day: date) -> str:
    """The release that was current at the end of a day of the reporting time zone; of today, the one that is now.

    Raises ReleaseError where there was none, where it is retained no more, or where the day is still to come.
    """
    zone = ZoneInfo(settings.reporting.reporting_timezone)
    if day > datetime.now(zone).date():
        raise ReleaseError(f"{day} is still to come: what will be published then is not known")
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC).replace(tzinfo=None)
    retained = retained_ids(settings)
    if not retained:
        raise ReleaseError(f"{settings.published}: nothing was published yet; run `warehouse nightly` first")
    with open_release(settings, retained[-1]) as connection:
        published = [Switch(row.published_at, row.release_id) for row in read_releases(connection, retained[-1])]
    found, oldest = current_at(settings, end, published), list_releases(settings)[-1]
    retains = f"the oldest that is retained, {oldest.release_id}, was published at {oldest.published_at} UTC"
    if found is None:
        raise ReleaseError(f"no release was current at the end of {day} ({zone.key}): {retains}")
    if found not in retained:
        raise ReleaseError(f"release {found}, current at the end of {day} ({zone.key}), is retained no more: {retains}")
    return found
