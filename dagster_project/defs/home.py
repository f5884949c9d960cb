"""What every step shares: the home with its writer lock, the days, the as-of day of a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse.build.changes import Days
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import writer_lock
from dagster_project.warehouse.load.landing import Landing, scan

# Dagster's mark of a run that it launched for a backfill, and that of `warehouse backfill`.
BACKFILL_TAG = "warehouse/backfill"
BACKFILL_TAGS = {"dagster/backfill", BACKFILL_TAG}


class Warehouse(dg.ConfigurableResource):
    """One home, locked against other writers while the run lasts.

    The in-process executor makes a resource once per run, so the lock spans all steps: between loading and publishing
    nobody else touches the candidate. A second run waits its turn here, whatever launched it.
    """

    home: str

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        report = context.log.info if context.log else print
        with writer_lock(self.settings, report):
            yield self

    @property
    def settings(self) -> Settings:
        """The home's settings as they are now: a daemon that runs for weeks sees a changed settings.yml."""
        return load_settings(self.home)


def daily_partitions(settings: Settings, landing: Landing) -> dg.DailyPartitionsDefinition:
    """The days from the first delivery (at the latest yesterday) to the newest one (at the earliest today)."""
    today = local_today(settings)
    first = min(landing.oldest_dt() or today, today - timedelta(days=1))
    last = max(landing.newest_dt() or today, today)
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(),
        timezone=settings.reporting.reporting_timezone,
        end_offset=(last - today).days + 1,
    )


def scan_landing(settings: Settings) -> Landing:
    """What lies in the home's landing zone now."""
    return scan(settings.landing, read_contracts())


def local_today(settings: Settings) -> date:
    """The present day in the reporting time zone."""
    return datetime.now(ZoneInfo(settings.reporting.reporting_timezone)).date()


def as_of(context: dg.AssetExecutionContext, settings: Settings) -> date:
    """The day as of which a run computes: its partition, or in a backfill the newest one known.

    A backfill recomputes the past and must not take the published tables back to it.
    """
    day = date.fromisoformat(context.partition_key_range.end)
    return scan_landing(settings).newest_dt() or day if recomputed(context) else day


def recomputed(context: dg.AssetExecutionContext) -> Days | None:
    """The days that a backfill computes again whatever changed; None in a night."""
    days = context.partition_key_range
    if days.start == days.end and not BACKFILL_TAGS & context.run.tags.keys():
        return None
    return Days(date.fromisoformat(days.start), date.fromisoformat(days.end))
