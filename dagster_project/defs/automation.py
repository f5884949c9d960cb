"""When things run: the nightly job, its schedule, and a sensor for files that land during the day."""

from datetime import timedelta
from hashlib import sha256

import dagster as dg

from dagster_project.defs.home import scan_landing
from dagster_project.defs.instance import fail_dead_runs
from dagster_project.settings import Settings
from dagster_project.warehouse.load.landing import Landing
from dagster_project.warehouse.settled import reason_to_run

JOB = "nightly"
JOB_DESCRIPTION = "Load what has landed, transform, check, publish what passed. Over a range of days it is one run."
NIGHTLY_CRON = "0 2 * * *"
SENSOR_SECONDS = 60


def nightly_schedule(settings: Settings, days: dg.PartitionsDefinition) -> dg.ScheduleDefinition:
    """Every night at 02:00 of the reporting time zone: the day that just ended."""

    @dg.schedule(
        name="every_night",
        description="The nightly job at 02:00 of the reporting time zone, for the day that just ended.",
        job_name=JOB,
        cron_schedule=NIGHTLY_CRON,
        execution_timezone=settings.reporting.reporting_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        fail_dead_runs(context.instance)
        yesterday = (context.scheduled_execution_time - timedelta(days=1)).date()
        if reason_to_run(settings, yesterday) is None:
            return dg.SkipReason(f"nothing has changed since the last night as of {yesterday}")
        return _request(days, yesterday.isoformat(), run_key=yesterday.isoformat())

    return every_night


def landing_sensor(settings: Settings, days: dg.PartitionsDefinition) -> dg.SensorDefinition:
    """Off until switched on: a run as of the newest delivery day whenever the landing zone holds something new."""

    @dg.sensor(
        name="newly_landed_files",
        description="The nightly job as of the newest delivery day, whenever files have landed. Switched off at first.",
        job_name=JOB,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
    )
    def newly_landed_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        fail_dead_runs(context.instance)
        landing = scan_landing(settings)
        newest_dt, content = landing.newest_dt(), landing_cursor(landing)
        if newest_dt is None or content == context.cursor:
            return dg.SkipReason("nothing new in the landing zone")
        request = _request(days, newest_dt.isoformat(), run_key=content)
        if isinstance(request, dg.RunRequest):
            context.update_cursor(content)
        return request

    return newly_landed_files


def landing_cursor(landing: Landing) -> str:
    """A short text that changes whenever a file is delivered or delivered again."""
    return sha256(repr([(d.path.as_posix(), d.identity) for d in landing.deliveries]).encode()).hexdigest()


def _request(days: dg.PartitionsDefinition, day: str, run_key: str) -> dg.RunRequest | dg.SkipReason:
    if not days.has_partition_key(day):
        return dg.SkipReason(f"{day} is no partition yet: reload the definitions to take in days that are new to them")
    return dg.RunRequest(run_key=run_key, partition_key=day)
