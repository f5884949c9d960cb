"""The nightly job as Dagster sees it: one file per step, and the only code that imports dagster."""

from __future__ import annotations

import dagster as dg

from dagster_project.defs.automation import JOB, JOB_DESCRIPTION, landing_sensor, nightly_schedule
from dagster_project.defs.gate import gate_assets
from dagster_project.defs.home import Warehouse, daily_partitions, scan_landing
from dagster_project.defs.ingest import load_assets
from dagster_project.defs.publish import history_assets, publish_assets
from dagster_project.defs.transform import transform_assets
from dagster_project.settings import Settings
from dagster_project.warehouse.build.project import project_manifest
from dagster_project.warehouse.contract import read_contracts


def warehouse_definitions(settings: Settings, loggers: dict[str, dg.LoggerDefinition] | None = None) -> dg.Definitions:
    """Everything that Dagster shows and runs for one home.

    Raises ContractError or TransformError, with file and reason, when a contract or the dbt project can't be read.
    """
    feeds, manifest = read_contracts(), project_manifest(settings)
    days = daily_partitions(settings, scan_landing(settings))
    return dg.Definitions(
        assets=[
            load_assets(feeds, manifest, days),
            transform_assets(manifest, days),
            gate_assets(feeds, manifest, days),
            publish_assets(manifest, days),
            *history_assets(manifest),
        ],
        jobs=[dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), description=JOB_DESCRIPTION)],
        schedules=[nightly_schedule(settings, days)],
        sensors=[landing_sensor(settings, days)],
        resources={"warehouse": Warehouse(home=str(settings.home))},
        executor=dg.in_process_executor,
        loggers=loggers,
    )
