"""Running the nightly job in this process, as the commands do, in the home's own Dagster instance."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import MappingProxyType

import dagster as dg
from dagster._core.errors import DagsterMaxRetriesExceededError
from dagster._utils.error import SerializableErrorInfo

from dagster_project.defs import warehouse_definitions
from dagster_project.defs.automation import JOB
from dagster_project.defs.home import BACKFILL_TAG
from dagster_project.defs.instance import PROCESS_TAG, fail_dead_runs, open_instance
from dagster_project.exit_codes import UsageError
from dagster_project.settings import Settings
from dagster_project.warehouse.build.changes import Days

# Called with the step that speaks and what it says.
Progress = Callable[[str, str], None]

RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
LOG_BYTES, LOG_FILES = 10_000_000, 3


class StepError(Exception):
    """A step failed again and again; the message is that of its last failure."""


def run_night(settings: Settings, day: date, progress: Progress) -> str:
    """Run the job as of one day, and return the run's id.

    The caller holds the writer lock. Raises UsageError for a day outside the partitions, and whatever a step raised.
    """
    return _run_job(settings, Days(day, day), progress, partition_key=day.isoformat())


def run_backfill(settings: Settings, days: Days, progress: Progress) -> str:
    """Run the job as one run that computes a range of days again, and return the run's id; the rest as in run_night."""
    tags = dict(zip(RANGE_TAGS, (days.first.isoformat(), days.last.isoformat()), strict=True))
    return _run_job(settings, days, progress, tags={BACKFILL_TAG: "true"} | tags)


def _run_job(
    settings: Settings,
    days: Days,
    progress: Progress,
    partition_key: str | None = None,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> str:
    with open_instance(settings) as instance, _logger(log_file(settings), progress) as logger:
        fail_dead_runs(instance)
        definitions = warehouse_definitions(settings, {"progress": logger})
        job = definitions.resolve_job_def(JOB)
        _require_days(job, days)
        try:
            result = job.execute_in_process(
                instance=instance,
                run_config={"loggers": {"progress": {}}},
                partition_key=partition_key,
                tags={PROCESS_TAG: str(os.getpid()), **tags},
            )
        except DagsterMaxRetriesExceededError as error:
            raise StepError(_innermost(error.user_code_process_error_infos[0])) from error
        return result.run_id


def log_file(settings: Settings) -> Path:
    """Where Dagster's own account of the runs goes, line by line."""
    return settings.work / "logs" / "nightly.log"


def _innermost(error: SerializableErrorInfo) -> str:
    """What the step itself raised, without what Dagster wrapped around it."""
    while error.cause:
        error = error.cause
    return error.message.strip()


def _require_days(job: dg.JobDefinition, days: Days) -> None:
    known = job.partitions_def.get_partition_keys() if job.partitions_def else []
    for day in (days.first, days.last):
        if day.isoformat() not in known:
            raise UsageError(
                f"{day} is no day to run for: expected one from {known[0]}, the first of the deliveries' folders, "
                f"to {known[-1]}, today or the last of them"
            )


@contextmanager
def _logger(file: Path, progress: Progress) -> Iterator[dg.LoggerDefinition]:
    """Dagster's events go to the log file, what steps report to `progress` as well."""
    file.parent.mkdir(parents=True, exist_ok=True)
    to_file = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.Logger("warehouse", logging.DEBUG)
    logger.addHandler(to_file)
    logger.addHandler(_ToProgress(progress))
    try:
        yield dg.LoggerDefinition(lambda _: logger)
    finally:
        to_file.close()


class _ToProgress(logging.Handler):
    """Passes on what steps say; Dagster's own events are for the log file and the UI."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        told = getattr(record, "dagster_meta", {})
        if told.get("dagster_event") is None and told.get("orig_message"):
            self._progress(told.get("step_key") or "", told["orig_message"])
