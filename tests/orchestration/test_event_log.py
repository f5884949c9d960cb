"""The event log that is kept open tells what the one that Dagster opens anew would tell."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from dagster_project.defs.instance import open_instance
from dagster_project.settings import Settings

ASSET = dg.AssetKey(["finance", "payments_daily"])


def newest(instance: dg.DagsterInstance) -> list[str]:
    found = instance.fetch_materializations(ASSET, limit=1).records
    return [record.asset_materialization.metadata["night"].value for record in found]


def test_a_materialization_that_was_looked_for_before_it_came_is_found(tmp_path: Path) -> None:
    with open_instance(Settings(tmp_path)) as instance:
        assert newest(instance) == []
        for night in ("first", "second"):
            instance.report_runless_asset_event(dg.AssetMaterialization(ASSET, metadata={"night": night}))
            assert newest(instance) == [night]
