"""Step 1: landed files into raw tables, one asset per feed and one per table of the loader's own books."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import dagster as dg

from dagster_project.defs.home import Warehouse
from dagster_project.warehouse.contract import RAW_SCHEMA, ContractError, Feed
from dagster_project.warehouse.load.feeds import FeedLoad, LoadSummary, load

LEDGER_SCHEMA = "load"
# A disk or network folder that fails for a moment; what is wrong with a file never raises.
RETRIES = dg.RetryPolicy(max_retries=2, delay=5)


def load_assets(
    feeds: Mapping[str, Feed], manifest: Mapping[str, Any], days: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    """All feeds in one step: the loader reads each feed's new files as one set."""
    ledger = [source for source in manifest["sources"].values() if source["source_name"] == LEDGER_SCHEMA]
    specs = [_feed_spec(feed) for feed in feeds.values()] + [
        dg.AssetSpec([LEDGER_SCHEMA, source["name"]], group_name="ops", description=source["description"])
        for source in ledger
    ]

    @dg.multi_asset(
        name="load",
        specs=specs,
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRIES,
    )
    def load_landing_zone(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        try:
            summary = load(warehouse.settings, context.log.info)
        except ContractError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        context.log.info(_total(summary))
        yield from _results(feeds, [source["name"] for source in ledger], summary)

    return load_landing_zone


def feed_key(feed: str) -> dg.AssetKey:
    """The asset of a feed's raw table."""
    return dg.AssetKey([RAW_SCHEMA, feed])


def _feed_spec(feed: Feed) -> dg.AssetSpec:
    return dg.AssetSpec(
        feed_key(feed.name),
        group_name=feed.domain,
        description=feed.description,
        metadata={"mode": feed.mode, "key": ", ".join(feed.key), "retention": feed.retention},
        kinds={"duckdb"},
    )


def _total(summary: LoadSummary) -> str:
    total = {name: summary.total(name) for name in ("lines", "files", "quarantined")}
    told = "{lines:,} records from {files:,} new files, {quarantined:,} quarantined".format(**total)
    return told + (f"; no delivery: {len(summary.problems):,} in the landing zone" if summary.problems else "")


def _results(feeds: Mapping[str, Feed], ledger: list[str], summary: LoadSummary) -> Iterator[dg.MaterializeResult]:
    loaded = {feed.feed: feed for feed in summary.feeds}
    for name in feeds:
        counts = asdict(loaded.get(name, FeedLoad(name)))
        del counts["feed"]
        yield dg.MaterializeResult(asset_key=feed_key(name), metadata=counts)
    problems = {"landing_problems": [f"{problem.path}: {problem.problem}" for problem in summary.problems]}
    for table in ledger:
        yield dg.MaterializeResult(asset_key=[LEDGER_SCHEMA, table], metadata=problems if table == "problems" else {})
