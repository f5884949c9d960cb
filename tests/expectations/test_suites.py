"""The suites on a candidate that is sound, and on some that are not; Great Expectations in this process, for speed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from dagster_project.settings import DBT_PROJECT, PROJECT_ROOT, Reporting
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.gate.expectations_evaluate import evaluate
from dagster_project.warehouse.gate.verdict import DOMAINS, Check
from expectations import finance, ops, platform, product, security
from expectations.suite import Suite, holds
from tests.expectations.toy_candidate import TABLES, make_candidate

# Great Expectations wants one data source per schema instead; the candidate is one, with a schema per domain.
pytestmark = pytest.mark.filterwarnings("ignore:`schema_name` is deprecated:DeprecationWarning")

MODULES = (finance, ops, platform, product, security)
ATTEMPTS = (
    "finance.payments_daily: sum(attempts), sum(succeeded), sum(failed) = count(*), "
    "count(*) filter (where status = 'succeeded'), count(*) filter (where status = 'failed') of raw.payments"
)
REQUESTS = (
    "sum(requests) = rows of raw.api_requests, "
    "sum(errors_4xx) = rows of raw.api_requests where status_code >= 400 and status_code < 500, "
    "sum(errors_5xx) = rows of raw.api_requests where status_code >= 500"
)
SUITES = {suite.table: suite for module in MODULES for suite in module.suites(Reporting())}


def failures(file: Path, tables: tuple[str, ...]) -> dict[str, Check]:
    """The checks that fail, by name."""
    checks, _ = evaluate(file, file.with_name("docs"), tables, Reporting())
    return {check.check_name: check for check in checks if not check.passed}


def test_a_sound_candidate_passes_and_its_docs_are_written(tmp_path):
    file = make_candidate(tmp_path / "candidate.duckdb")
    checks, _ = evaluate(file, tmp_path / "docs", TABLES, Reporting())
    assert [check for check in checks if not check.passed] == []
    assert {check.check_name.split(":")[0] for check in checks} == set(TABLES)
    assert len({check.check_name for check in checks}) == len(checks) > 60
    assert "finance.payments_daily" in (tmp_path / "docs" / "index.html").read_text()


CLOSED = """
    insert into load.kept_from values
        ('api_requests', '2026-11-02', '2026-11-01 10:30'), ('security_events', '2026-11-02', '2026-11-02 00:00');
    delete from raw.api_requests; delete from raw.security_events;
"""


def test_figures_of_closed_days_are_sound_without_their_rows_and_those_of_open_days_are_not(tmp_path):
    tables = ("platform.api_performance_hourly", "security.events_daily")
    poison = (
        CLOSED
        + """
        insert into raw.api_requests values (503, timestamp '2026-11-01 11:00');
        insert into raw.security_events values ('login', 'failure', timestamp '2026-11-02 00:00');
    """
    )

    assert failures(make_candidate(tmp_path / "candidate.duckdb", CLOSED), tables) == {}
    assert failures(make_candidate(tmp_path / "poisoned.duckdb", poison), tables).keys() == {
        f"platform.api_performance_hourly: {REQUESTS}",
        "security.events_daily: sum(events) = rows of raw.security_events",
    }


@pytest.mark.parametrize(
    ("poison", "expected"),
    [
        (
            "update finance.payments_daily set pending = 0, avg_value = null where pending = 1",
            {
                "finance.payments_daily: attempts = succeeded + failed + pending",
                "finance.payments_daily: (avg_value is null) = (succeeded = 0)",
            },
        ),
        (
            "update finance.payments_daily set volume = volume + 0.02, net_volume = net_volume + 0.02; "
            "insert into raw.users values ('u9', false); delete from load.deliveries",
            {
                "finance.payments_daily: sum(volume) = succeeded raw.payments, converted",
                "product.registrations_daily: "
                "sum(registrations) = select count(*) from raw.users where is_test is not true",
                "ops.feed_deliveries: count(*) = select count(*) from load.deliveries",
            },
        ),
        (
            "delete from product.registrations_daily; update finance.payment_recovery_monthly set month = null",
            {
                "product.registrations_daily: the table is not empty while what fills it is not",
                "product.registrations_daily: "
                "sum(registrations) = select count(*) from raw.users where is_test is not true",
                "finance.payment_recovery_monthly: no column is null in every row",
                "finance.payment_recovery_monthly: month = date_trunc('month', month)",
            },
        ),
        (
            "insert into raw.events values ('u3', timestamp '2026-11-02 12:00', 'page_view', 'split', false)",
            {
                "product.active_users_daily: "
                "sum(dau) filter (where platform = 'all' and activity_date > as_of() - 7), "
                "sum(wau) filter (where platform = 'all' and activity_date = as_of()) "
                "= active users and days, and active users, of the last week in raw.events",
                "product.feature_adoption_monthly: "
                "sum(users) filter (where month = date_trunc('month', as_of())) "
                "= users and features of the as-of month in raw.events",
            },
        ),
        (
            "update product.user_lifecycle_daily set new_users = 2, returning_users = 0 where new_users = 1 "
            "and returning_users = 1; update product.engagement_daily set sessions = 2 where platform = 'web'; "
            "update product.retention_weekly set cohort = cohort - 1 where cohort = date '2026-11-02'",
            {
                *(
                    f"product.retention_{period}: sum(cohort_size) filter (where period_number = 0) "
                    "= select coalesce(sum(new_users), 0) from product.user_lifecycle_daily"
                    for period in ("daily", "weekly", "monthly")
                ),
                "product.retention_weekly: isodow(cohort) = 1",
                "product.engagement_daily: sum(sessions) filter (where platform = 'all') = select "
                "coalesce(sum(sessions), 0) from product.engagement_daily where platform <> 'all'",
            },
        ),
        (
            "update finance.mrr_monthly set closing_mrr = 12, fx_mrr = 1 where month = date '2026-11-01'; "
            "update finance.mrr_movements_monthly set movement_type = 'contraction' where movement_type = 'churn'; "
            "delete from raw.refunds",
            {
                "finance.mrr_monthly: max_by(closing_mrr, month) = raw.subscriptions as of now",
                "finance.churn_monthly: sum(churned_customers) = "
                "select count(*) from finance.mrr_movements_monthly where movement_type = 'churn'",
                "finance.customer_value: sum(historical_value) = revenue less refunds",
            },
        ),
        (
            "update finance.mrr_movements_daily set opening_mrr = 30, closing_mrr = 20 where movement_type = 'new'; "
            "update finance.mrr_movements_daily set movement = 10, closing_mrr = 20 where movement_type = 'churn'; "
            "update finance.payments_daily set avg_value = -avg_value; "
            "update product.retention_daily set retention_rate = 0.5 where period_number = 0",
            {
                "finance.mrr_movements_daily: opening_mrr + movement + fx_mrr = closing_mrr",
                "finance.mrr_movements_daily: amounts move as their type says",
                "finance.payments_daily: expect_column_values_to_be_between(column=avg_value, min_value=0.0)",
                "product.retention_daily: period_number > 0 or (retained_users = cohort_size and retention_rate = 1)",
            },
        ),
        (
            "update ops.quality_checks set domain = null; update ops.retention_runs set retention = null; "
            "update ops.restatements set moved_rows = 0",
            {
                "ops.quality_checks: domain is not null and tool is not null and severity is not null "
                "and passed is not null",
                "ops.quality_checks: no column is null in every row",
                "ops.retention_runs: place in ('landing', 'quarantine', 'rows', 'figures') and retention is not null",
                "ops.retention_runs: no column is null in every row",
                "ops.restatements: moved_rows > 1 or moved_rows = 1 and old_value is distinct from new_value",
            },
        ),
        (
            "insert into ops.feed_health from ops.feed_health where feed = 'events'; "
            "update ops.anomalies set figure = null where outcome = 'usual'; "
            "update raw.api_requests set status_code = 200 where status_code >= 500",
            {
                "ops.feed_health: feed, dt: never null, and no two rows share it",
                "ops.anomalies: figure, day: never null, and no two rows share it",
                f"platform.api_performance_hourly: {REQUESTS}",
            },
        ),
        (
            "insert into raw.security_events values ('login', 'failure', timestamp '2026-11-01 10:00'); "
            "delete from security.violation_evidence",
            {
                "security.authentication_daily: sum(attempts) = rows of raw.security_events where "
                "event_type = 'login', sum(failures) = rows of raw.security_events where "
                "event_type = 'login' and outcome = 'failure'",
                "security.events_daily: sum(events) = rows of raw.security_events",
                "security.violation_evidence: the table is not empty while what fills it is not",
                "security.violation_evidence: count(distinct violation_id) = the number of violations",
            },
        ),
        (
            "update finance.acquisition_monthly set spend = 45, registrations = 3 where channel = 'all' and spend > 0; "
            "delete from finance.clv_model where parameter = 'r'",
            {
                "finance.acquisition_monthly: sum(case channel when 'all' then spend end) = spend, converted",
                "finance.acquisition_monthly: 2 * sum(case channel when 'all' then registrations end) = "
                "select coalesce(sum(registrations), 0) from finance.acquisition_monthly",
                "finance.clv_model: count(*) = one row per parameter",
            },
        ),
    ],
)
def test_what_is_wrong_with_a_candidate_is_an_error_of_the_expectations_that_say_so(tmp_path, poison, expected):
    tables = tuple(sorted({name.split(":")[0] for name in expected}))
    failed = failures(make_candidate(tmp_path / "candidate.duckdb", poison), tables)
    assert set(failed) == expected
    assert {check.severity for check in failed.values()} == {"error"}


def test_a_failed_check_shows_rows_or_figures_and_a_warning_stays_one(tmp_path):
    poison = (
        "update finance.payments_daily set fee_revenue = 99, kind = 'gift' where attempts = 2; "
        "delete from raw.payments where attempt_id = 'a5'"
    )
    failed = failures(make_candidate(tmp_path / "candidate.duckdb", poison), ("finance.payments_daily",))
    warning = failed["finance.payments_daily: fee_revenue <= volume"]
    assert (warning.severity, warning.observed) == ("warn", "1 unexpected rows")
    assert "fee_revenue 99.00" in warning.detail
    assert failed[ATTEMPTS].detail == "published [5, 3, 1], expected [4, 3, 1]"
    kinds = next(check for name, check in failed.items() if "in_set(column=kind" in name)
    assert (kinds.severity, kinds.observed, kinds.detail) == ("error", "1 of 2 rows", "for example gift")


def test_an_expectation_that_raises_is_an_error_and_disturbs_no_other(tmp_path, monkeypatch):
    broken = [holds(f"no_such_column = {number}", severity="warning") for number in range(3)]
    sound = [holds(f"attempts > {-number}") for number in range(3)]
    suite = Suite("finance.payments_daily", None, [*broken, *sound], may_be_null=[])
    monkeypatch.setattr(finance, "suites", lambda reporting: [suite])
    failed = failures(make_candidate(tmp_path / "candidate.duckdb"), ("finance.payments_daily",))
    assert set(failed) == {f"finance.payments_daily: no_such_column = {number}" for number in range(3)}
    assert {check.severity for check in failed.values()} == {"error"}
    assert "no_such_column" in failed["finance.payments_daily: no_such_column = 0"].detail


def test_a_table_without_expectations_and_a_domain_that_cannot_be_read_are_errors(tmp_path, monkeypatch):
    monkeypatch.setattr(product, "suites", lambda reporting: [Suite("product.registrations_daily", None, [])])
    monkeypatch.setattr(finance, "suites", lambda reporting: 1 / 0)
    failed = failures(
        make_candidate(tmp_path / "candidate.duckdb"),
        ("finance.payments_daily", "product.registrations_daily", "sales.orders"),
    )
    assert {name: check.detail for name, check in failed.items()} == {
        "finance.payments_daily: there is a suite": (
            "expectations/finance.py can't be read: ZeroDivisionError: division by zero"
        ),
        "sales.orders: there is a suite": (
            "expectations/sales.py can't be read: ModuleNotFoundError: No module named 'expectations.sales'"
        ),
        "product.registrations_daily: there is a suite": "add one to expectations/product.py",
    }


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_money_is_converted_from_raw_at_the_last_known_rate_of_the_reporting_day(zone):
    # 03:00 UTC on the 2nd is still the 1st in New York, where a euro was worth 1 dollar, not 2
    with duckdb.connect() as connection:
        connection.execute(
            "create schema staging; create schema raw; "
            "create table staging.currencies as select 'EUR' as currency, 2 as minor_unit_exponent; "
            "create table raw.exchange_rates as select * from (values "
            "('EUR', date '2026-11-01', 1), ('EUR', date '2026-11-02', 2)) t (currency, rate_date, rate); "
            "create table raw.payments as select 'succeeded' as status, "
            "timestamp '2026-11-02 03:00' as attempted_at, 'EUR' as currency, 1050 as amount_minor"
        )
        query = finance.converted(Reporting(reporting_timezone=zone), finance.VOLUME)
        assert connection.execute(query).fetchall() == [({"UTC": 21.0, "America/New_York": 10.5}[zone],)]


def test_money_without_a_rate_is_no_figure_and_no_money_is_zero():
    with duckdb.connect() as connection:
        connection.execute(
            "create schema staging; create schema raw; "
            "create table staging.currencies as select 'EUR' as currency, 2 as minor_unit_exponent; "
            "create table raw.exchange_rates (currency varchar, rate_date date, rate double); "
            "create table raw.payments as select 'failed' as status, "
            "timestamp '2026-11-02 03:00' as attempted_at, 'EUR' as currency, 1050 as amount_minor"
        )
        query = finance.converted(Reporting(), finance.VOLUME)
        assert connection.execute(query).fetchall() == [(0,)]
        connection.execute("update raw.payments set status = 'succeeded'")
        assert connection.execute(query).fetchall() == [(None,)]


def marts() -> dict[str, list[str]]:
    """The columns that dbt's contract declares for each published table."""
    columns = {}
    for file in sorted(DBT_PROJECT.glob("models/marts/*/*.yml")):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            columns[f"{file.parent.name}.{model['name']}"] = [column["name"] for column in model["columns"]]
    return columns


def test_every_published_table_has_a_suite_that_names_the_columns_of_its_contract():
    declared = {
        table: next(e.column_list for e in suite.expectations if "ColumnsToMatchOrderedList" in type(e).__name__)
        for table, suite in SUITES.items()
    }
    assert declared == marts()


def test_suites_stand_in_one_module_per_domain():
    modules = {file.stem for file in (PROJECT_ROOT / "expectations").glob("*.py")} - {"__init__", "suite"}
    assert {module.split("_")[0] for module in modules} <= set(DOMAINS)
    assert all(suite.table.startswith("finance.") for suite in finance.suites(Reporting()))


def test_the_kinds_and_methods_that_may_be_published_are_those_of_the_contract():
    columns = {column.name: column for column in read_contracts()["payments"].columns}
    assert [*columns["kind"].accepted_values, "unknown"] == finance.KINDS
    assert [*columns["method"].accepted_values, "unknown"] == finance.METHODS
