"""What the data tests let pass and what they hold back, on the scenarios `sound` and `poisoned`."""

from __future__ import annotations

from shutil import copyfile

import duckdb
import pytest

from tests.dbt.conftest import make_candidate, run_dbt

DOMAINS = ("product", "finance", "platform", "security", "ops")


def test_a_sound_night_passes_every_data_test_and_unit_test(sound):
    not_passed = {name: status for name, status in sound.status.items() if status not in ("pass", "success", "no-op")}

    # One refund names neither its currency nor a known attempt, and nobody paid twice, so that no model can be
    # fitted; that is reported, and holds nothing back.
    assert not_passed == {"assert_every_refund_tells_its_currency": "warn", "assert_clv_model_is_fitted": "warn"}


def test_every_unit_test_ran(sound):
    unit_tests = {test.name for test in sound.manifest.unit_tests.values()}

    assert len(unit_tests) >= 14
    assert unit_tests <= set(sound.status)


@pytest.mark.parametrize(
    ("test", "because"),
    [
        ("assert_every_amount_has_a_rate", "CHF has no rate at all, EUR none before 2024-03-08"),
        ("assert_every_recurring_amount_has_a_rate", "EUR has no rate on the first of the days"),
        ("assert_every_recurring_amount_is_told", "10^19 minor units are too many"),
        ("assert_every_marketing_spend_has_a_rate", "EUR has none before 2024-03-08"),
        ("every_payment_currency_is_known", "XYZ is no currency"),
        ("assert_every_amount_is_converted", "XYZ has a rate but no minor unit"),
        ("source_contract_key_finance_payments_", "an attempt stands twice"),
        ("source_contract_key_product_users_", "a user has no id"),
        ("source_contract_key_platform_metric_samples_", "a key stands twice, its labels both null"),
        ("source_quarantined_share_at_most_finance_payments_", "6 of the day's 100 lines, over two files"),
        ("source_quarantined_share_at_most_product_users_", "1 of 1 line on one day, although 1 of 1001 overall"),
        ("source_quarantined_share_at_most_product_meter_readings_", "1 of 41 lines, but 300 of 4,300 bytes"),
        ("source_quarantined_share_at_most_platform_app_logs_", "1 of 10 lines"),
    ],
)
def test_a_poisoned_night_fails(poisoned, test, because):
    assert poisoned.status[test] == "fail", because


@pytest.mark.parametrize(
    ("test", "because"),
    [
        (
            "source_quarantined_share_at_most_finance_refunds_",
            "5 of 100 lines are just allowed, also once an erasure took 13 of them",
        ),
        ("source_quarantined_share_at_most_product_meters_", "200 of 4,200 bytes; an empty file held nothing"),
        ("source_quarantined_share_at_most_product_events_", "nothing was delivered"),
        ("source_contract_key_product_events_", "no row, no double"),
    ],
)
def test_a_poisoned_night_passes(poisoned, test, because):
    assert poisoned.status[test] == "pass", because


def test_every_model_is_built_whatever_the_tests_say(poisoned):
    models = [node.name for node in poisoned.manifest.nodes.values() if node.resource_type == "model"]

    assert {poisoned.status[name] for name in models} == {"success"}


def test_an_amount_without_rate_is_null_and_never_taken_at_one(poisoned):
    amounts = poisoned.rows(
        "select currency, volume from intermediate.int_payment_flows_converted where volume is not null"
    )

    assert [(currency, float(volume)) for currency, volume in amounts] == [("EUR", 1.10)]


def test_every_check_says_whether_it_holds_its_domain_back(sound):
    tests = [node for node in sound.manifest.nodes.values() if node.resource_type == "test"]

    assert {node.config.severity.lower() for node in tests} <= {"error", "warn"}
    assert [node.name for node in tests if not _domain(node.original_file_path)] == []


def _domain(path: str) -> str | None:
    """The domain that a check guards: the folder of the node it tests, or its own."""
    return next((part for part in path.split("/") if part in DOMAINS), None)


@pytest.mark.parametrize(("former_keys", "known"), [("unique", "pass"), ("unknown", "fail")])
def test_only_the_keys_of_changed_rows_are_looked_at_where_all_were_unique(tmp_path, manifest, former_keys, known):
    """A new row that doubles an old one is found; an old double is, unless there was none."""
    path = tmp_path / "warehouse.duckdb"
    make_candidate(path, "poisoned")
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace view changed.payments as select * from raw.payments where false")
        for feed in ("metric_samples", "users"):
            connection.execute(f"create or replace view changed.{feed} as select * from raw.{feed}")
    ran = run_dbt(path, manifest, ["test", "--select", "test_name:contract_key"], former_keys=former_keys).status

    assert ran["source_contract_key_finance_payments_"] == known
    assert ran["source_contract_key_platform_metric_samples_"] == "fail"
    assert ran["source_contract_key_product_users_"] == "fail", "a user without id"


@pytest.mark.parametrize(
    ("table", "key", "touched"),
    [
        ("int_sessions", {"session_key": "s"}, "touched_session_days"),
        ("int_session_flows", {"session_key": "s", "from_page": "/", "to_page": "/bills"}, "touched_session_days"),
        ("int_user_days", {"user_id": "u", "platform": "web", "activity_date": "2024-03-02"}, "touched_user_days"),
        ("int_feature_user_days", {"user_id": "u", "feature": "f", "activity_date": "2024-03-02"}, "touched_user_days"),
    ],
)
def test_a_row_that_was_written_beside_an_old_one_of_its_key_is_found(tmp_path, sound, manifest, table, key, touched):
    """A session of yesterday that goes on today may stand beside what should have been forgotten of it."""
    path = tmp_path / "warehouse.duckdb"
    copyfile(sound.path, path)
    rows = [{"activity_date": "2024-03-01"} | key, {"activity_date": "2024-03-02"} | key]
    selected = ["test", "--select", f"{table},test_name:primary_key"]

    def status(former_keys: str) -> str:
        (found,) = run_dbt(path, manifest, selected, former_keys=former_keys).status.values()
        return found

    with duckdb.connect(str(path)) as connection:
        for row in rows:
            connection.execute(f"insert into intermediate.{table} ({', '.join(row)}) values {tuple(row.values())}")
    assert (status("unknown"), status("unique")) == ("fail", "pass")
    part = {name: value for name, value in rows[1].items() if name in ("user_id", "activity_date")}
    with duckdb.connect(str(path)) as connection:
        values = ", ".join(repr(value) for value in part.values())
        connection.execute(f"insert into touched.{touched} ({', '.join(part)}) values ({values})")
    assert status("unique") == "fail"


@pytest.mark.parametrize(
    "written", ["touched_subscribers (user_id) values ('u')", "touched_mrr_days values ('2024-03-02')"]
)
def test_a_movement_that_was_written_twice_is_found_by_customer_and_by_day(tmp_path, sound, manifest, written):
    path = tmp_path / "warehouse.duckdb"
    copyfile(sound.path, path)
    selected = ["test", "--select", "mrr_movements_daily,test_name:primary_key"]

    def status() -> str:
        (found,) = run_dbt(path, manifest, selected, former_keys="unique").status.values()
        return found

    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into finance.mrr_movements_daily (movement_date, user_id) "
            "values ('2024-03-02', 'u'), ('2024-03-02', 'u')"
        )
    assert status() == "pass"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"insert into touched.{written}")
    assert status() == "fail"
