"""Step 4: the tables of every domain that passed, as one new release."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg

from dagster_project.alerts.send import send_alerts
from dagster_project.dashboards.publish import make_pages
from dagster_project.defs.gate import VERDICT
from dagster_project.defs.home import Warehouse
from dagster_project.privacy.expire import expire
from dagster_project.settings import Settings
from dagster_project.warehouse.gate.dbt_results import published_tables
from dagster_project.warehouse.release.releases import Release, open_release, publish
from dagster_project.warehouse.settled import settle

HISTORY_SCHEMA = "release_history"
RELEASE = dg.AssetKey(["published", "release"])


def publish_assets(manifest: Mapping[str, Any], days: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """One asset per published table; those of a domain that is held back are not materialized and stay as they were."""
    tables = published_tables(manifest)
    specs = [_table_spec(domain, table) for domain, names in tables.items() for table in names]
    release = dg.AssetSpec(RELEASE, deps=[VERDICT], group_name="ops", description="The release that readers get.")

    @dg.multi_asset(
        name="publish",
        specs=[*specs, release],
        check_specs=[_domain_spec(domain) for domain in tables],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def publish_release(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        published = publish(warehouse.settings, context.log.info, make_pages)
        is_told = _send_alerts(warehouse.settings, context.log.info)
        if expire(warehouse.settings, published.as_of, manifest, context.log.info) and is_told:
            settle(warehouse.settings, published.as_of)
        for domain in published.domains_published:
            for table in tables[domain]:
                yield dg.MaterializeResult(asset_key=_key(table), metadata={"release": published.release_id})
        yield dg.MaterializeResult(asset_key=RELEASE, metadata=_told(published))
        yield from _domain_results(warehouse.settings, published)

    return publish_release


def _send_alerts(settings: Settings, report: Callable[[str], None]) -> bool:
    """Whatever happens to messages, the release is published; the next night tries again."""
    try:
        return send_alerts(settings, report)
    except Exception as error:
        report(f"warn: alerts could not be sent: {type(error).__name__}: {error}")
        return False


def history_assets(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """What earlier releases tell dbt of themselves: read by models, made by none of this run's steps."""
    return [
        dg.AssetSpec(
            [HISTORY_SCHEMA, source["name"]], group_name="ops", description=source["description"], kinds={"duckdb"}
        )
        for source in manifest["sources"].values()
        if source["source_name"] == HISTORY_SCHEMA
    ]


def _table_spec(domain: str, table: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(table),
        deps=[dg.AssetKey(table.split(".")), VERDICT],
        group_name=domain,
        description=f"{table} in the current release, as readers see it.",
        skippable=True,
        kinds={"duckdb"},
    )


def _domain_spec(domain: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        f"{domain}_is_published",
        asset=RELEASE,
        description=f"The tables of {domain} are those of this night: no check and no moved figure held them back.",
    )


def _domain_results(settings: Settings, published: Release) -> Iterator[dg.AssetCheckResult]:
    with open_release(settings, published.release_id) as connection:
        rows = connection.execute("select domain, is_held_back, reason from ops.domain_freshness").fetchall()
    for domain, is_held_back, reason in rows:
        yield dg.AssetCheckResult(
            asset_key=RELEASE,
            check_name=f"{domain}_is_published",
            passed=not is_held_back,
            metadata={"reason": reason} if reason else {},
        )


def _key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["published", *table.split(".")])


def _told(published: Release) -> dict[str, Any]:
    return {
        "release": published.release_id,
        "as_of": published.as_of.isoformat(),
        "published": ", ".join(published.domains_published),
        "held_back": ", ".join(published.domains_held_back),
        "unchanged": published.unchanged,
        "restated": [str(table) for table in published.restated],
    }
