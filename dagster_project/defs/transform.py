"""Step 2: raw tables into marts, one asset per dbt seed and model."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, build_dbt_asset_specs

from dagster_project.defs.home import Warehouse, as_of, recomputed
from dagster_project.warehouse.build.results import NodeResult
from dagster_project.warehouse.build.transform import build_models
from dagster_project.warehouse.contract import RAW_SCHEMA
from dagster_project.warehouse.gate.dbt_results import domain_of


class Translator(DagsterDbtTranslator):
    """dbt's names as asset keys and groups: sources are the loader's assets, groups are the domains."""

    def __init__(self) -> None:
        # a feed and the view of what changed in it are one asset
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            if dbt_resource_props["source_name"] == "changed":
                return dg.AssetKey([RAW_SCHEMA, dbt_resource_props["name"]])
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return domain_of(dbt_resource_props)


def transform_assets(manifest: Mapping[str, Any], days: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """All models in one step. A model that fails stops no other domain: the gate holds back the domains it concerns."""
    translator = Translator()
    specs = build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator)

    @dg.multi_asset(name="transform", specs=specs, partitions_def=days, backfill_policy=dg.BackfillPolicy.single_run())
    def build_dbt_models(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        settings = warehouse.settings
        for result in build_models(settings, as_of(context, settings), context.log.info, recomputed(context)):
            key = translator.get_asset_key(manifest["nodes"][result.unique_id])
            yield dg.MaterializeResult(asset_key=key, metadata=_told(result))

    return build_dbt_models


def built_keys(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    """The assets of `transform_assets`."""
    translator, nodes = Translator(), manifest["nodes"].values()
    return [translator.get_asset_key(node) for node in nodes if node["resource_type"] in ("model", "seed")]


def _told(result: NodeResult) -> dict[str, Any]:
    """What the catalogue shows of a model; Dagster would skip everything after one that is not materialized."""
    told: dict[str, Any] = {"status": result.status, "seconds": result.seconds}
    return told if result.status == "success" else told | {"message": result.message or ""}
