"""Step 3: the verdict on the candidate; every dbt test and every expectation suite is an asset check.

A failed check holds its domain back and fails no run: the other domains are still to be published.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from dagster_project.defs.home import Warehouse, as_of
from dagster_project.defs.ingest import LEDGER_SCHEMA, feed_key
from dagster_project.defs.transform import Translator, built_keys
from dagster_project.settings import Settings
from dagster_project.warehouse.build.project import TransformError
from dagster_project.warehouse.build.results import NodeResult
from dagster_project.warehouse.build.transform import last_build, run_tests
from dagster_project.warehouse.gate.dbt_results import published_tables
from dagster_project.warehouse.gate.judge import run_gate
from dagster_project.warehouse.gate.suites import run_expectations
from dagster_project.warehouse.gate.verdict import DOMAINS, Check, Verdict
from dagster_project.warehouse.watch.anomalies import NOT_ENOUGH_HISTORY
from dagster_project.warehouse.watch.newest import feed_check_name, read_watch_checks

VERDICT = dg.AssetKey(["gate", "verdict"])
SUITE_CHECK = "expectations"
FEED_CHECK = "delivered_as_expected"
SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def gate_assets(
    feeds: Collection[str], manifest: Mapping[str, Any], days: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    """The verdict, after all models; its checks belong to the tables that they look at."""
    tests = attached_tests(manifest)
    tables = [table for names in published_tables(manifest).values() for table in names]
    models = built_keys(manifest)

    @dg.multi_asset(
        name="gate",
        specs=[dg.AssetSpec(VERDICT, deps=models, group_name="ops", description="What may be published, and why not.")],
        check_specs=[
            *_test_specs(manifest, tests),
            *map(_suite_spec, tables),
            *map(_feed_spec, feeds),
            *map(_domain_spec, DOMAINS),
        ],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        allow_arbitrary_check_specs=True,  # checks on other steps' assets, as dagster-dbt has them for sources
        can_subset=True,  # whoever materializes some assets by hand also asks for their checks
    )
    def judge_candidate(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        settings, wanted = warehouse.settings, context.selected_asset_check_keys
        if VERDICT in {*context.selected_asset_keys, *(key.asset_key for key in wanted)}:
            results, verdict = _judge(settings, context)
            checks, found = verdict.checks, [_domain_result(domain, verdict) for domain in DOMAINS]
            if VERDICT in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=VERDICT, metadata={"held_back": verdict.held_back})
        else:
            suites = [table for table in tables if dg.AssetCheckKey(_table_key(table), SUITE_CHECK) in wanted]
            results, checks = _look(settings, context, suites)
            found = []
        found += [
            *_test_results(manifest, tests, results),
            *(suite_result(table, checks) for table in tables),
            *feed_results(feeds, checks),
        ]
        yield from (result for result in found if _check_key(result) in wanted)

    return judge_candidate


def attached_tests(manifest: Mapping[str, Any]) -> dict[str, dg.AssetKey]:
    """The asset that each dbt test is shown at: the node it is declared on, else the first one it reads."""
    translator = Translator()
    nodes = {**manifest["nodes"], **manifest["sources"]}
    attached = {
        unique_id: node.get("attached_node") or min(node["depends_on"]["nodes"], key=_is_of_the_loader, default=None)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
    }
    return {test: translator.get_asset_key(nodes[node]) if node else VERDICT for test, node in attached.items()}


def _is_of_the_loader(unique_id: str) -> bool:
    """Its books are read by the way: a test is shown at the first of its other parents."""
    return unique_id.startswith(f"source.warehouse.{LEDGER_SCHEMA}.")


def suite_result(table: str, checks: Sequence[Check]) -> dg.AssetCheckResult:
    """One suite's outcome: failed if any expectation is or none was evaluated, as an error unless all are warnings."""
    own = [check for check in checks if check.check_name.startswith(f"{table}: ")]
    failed = [check for check in own if not check.passed]
    only_warned = bool(own) and all(check.severity == "warn" for check in failed)
    return dg.AssetCheckResult(
        asset_key=_table_key(table),
        check_name=SUITE_CHECK,
        passed=bool(own) and not failed,
        severity=SEVERITIES["warn" if failed and only_warned else "error"],
        metadata={"evaluated": len(own), "failed": [_told(check) for check in failed]},
    )


def _judge(settings: Settings, context: dg.AssetExecutionContext) -> tuple[list[NodeResult], Verdict]:
    day, build = as_of(context, settings), last_build(settings)
    if build.as_of != day:
        raise TransformError(f"the models were built as of {build.as_of}: run the transform step for {day} first")
    results = [*build.results, *run_tests(settings, day, context.log.info)]
    return results, run_gate(settings, day, results, context.log.info)


def _look(
    settings: Settings, context: dg.AssetExecutionContext, suites: Sequence[str]
) -> tuple[list[NodeResult], list[Check]]:
    """The tests, the named suites and the feeds of the candidate as it is, without a verdict: it publishes nothing."""
    day = as_of(context, settings) if context.has_partition_key_range else last_build(settings).as_of
    results = run_tests(settings, day, context.log.info)
    checks = run_expectations(settings, suites, context.log.info) if suites else []
    return results, [*checks, *read_watch_checks(settings, day)]


def _test_specs(manifest: Mapping[str, Any], tests: Mapping[str, dg.AssetKey]) -> Iterator[dg.AssetCheckSpec]:
    for unique_id, key in tests.items():
        node = manifest["nodes"][unique_id]
        yield dg.AssetCheckSpec(node["name"], asset=key, description=node["description"] or None)


def _suite_spec(table: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        SUITE_CHECK, asset=_table_key(table), description=f"The Great Expectations suite of {table}."
    )


def _feed_spec(feed: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        FEED_CHECK,
        asset=feed_key(feed),
        description="Its newest deliveries came when due, of their usual size, without conflicts (ops.feed_health).",
    )


def _domain_spec(domain: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        f"{domain}_may_be_published", asset=VERDICT, description=f"No failed check holds {domain} back."
    )


def _check_key(result: dg.AssetCheckResult) -> dg.AssetCheckKey:
    assert result.asset_key is not None and result.check_name is not None  # both are given below
    return dg.AssetCheckKey(result.asset_key, result.check_name)


def _table_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("."))


def _test_results(
    manifest: Mapping[str, Any], tests: Mapping[str, dg.AssetKey], results: Sequence[NodeResult]
) -> Iterator[dg.AssetCheckResult]:
    by_id = {result.unique_id: result for result in results}
    for unique_id, key in tests.items():
        node, result = manifest["nodes"][unique_id], by_id.get(unique_id)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=node["name"],
            passed=result is not None and result.status == "pass",
            severity=SEVERITIES[node["config"]["severity"].lower()],
            metadata={"status": result.status, "rows": result.failures or 0} if result else {"status": "not run"},
        )


def feed_results(feeds: Collection[str], checks: Sequence[Check]) -> Iterator[dg.AssetCheckResult]:
    """Of each feed whether it is delivered as expected, never an error.

    Dagster knows no third outcome: a feed without the history to be judged passes, and its metadata say so.
    """
    by_name = {check.check_name: check for check in checks}
    for feed in feeds:
        check = by_name.get(feed_check_name(feed))
        told = {"newest": check.observed, "detail": check.detail or ""} if check else {"newest": NOT_ENOUGH_HISTORY}
        yield dg.AssetCheckResult(
            asset_key=feed_key(feed),
            check_name=FEED_CHECK,
            passed=check is None or check.passed,
            severity=SEVERITIES["warn"],
            metadata=told,
        )


def _domain_result(domain: str, verdict: Verdict) -> dg.AssetCheckResult:
    reason = verdict.held_back.get(domain)
    return dg.AssetCheckResult(
        asset_key=VERDICT,
        check_name=f"{domain}_may_be_published",
        passed=reason is None,
        metadata={"reason": reason} if reason else {},
    )


def _told(check: Check) -> str:
    return f"{check.severity}: {check.check_name}" + (f" ({check.observed})" if check.observed else "")
