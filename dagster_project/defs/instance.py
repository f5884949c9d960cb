"""The home's own Dagster instance: where it lies, how it is configured, which of its runs are dead."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from dagster_project.defs.event_log import open_instance_at
from dagster_project.settings import Settings

CONFIGURATION = Path(__file__).with_name("dagster.yaml")
# Runs that a command executes itself carry its process id: no Dagster daemon watches over them.
PROCESS_TAG = "warehouse/process"


def prepared_dagster_home(settings: Settings) -> Path:
    """The instance's folder, with the project's configuration in it."""
    folder = settings.work / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".dagster.yaml.{os.getpid()}.tmp"
    shutil.copyfile(CONFIGURATION, draft)
    os.replace(draft, folder / CONFIGURATION.name)
    return folder


def open_instance(settings: Settings) -> DagsterInstance:
    """The home's instance; close it, or use it as a context manager."""
    return open_instance_at(str(prepared_dagster_home(settings)))


def fail_dead_runs(instance: DagsterInstance) -> list[str]:
    """Mark the runs of killed commands as failed, and return their ids: they would block Dagster's queue for good."""
    unfinished = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]))
    dead = [run for run in unfinished if PROCESS_TAG in run.tags and not _is_alive(int(run.tags[PROCESS_TAG]))]
    for run in dead:
        instance.report_run_failed(run, f"process {run.tags[PROCESS_TAG]} ended before the run did")
    return [run.run_id for run in dead]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
