"""One person leaves a loaded home, everybody else stays, and the loader takes no file for a new one."""

from __future__ import annotations

import gzip
import hmac
import json
import os
import sqlite3
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from dagster_project.privacy.erase import UnknownPersonError, erase
from dagster_project.privacy.receipt import Receipt
from tests.privacy.people import (
    ADDRESS,
    ANNA,
    BEN,
    DAY,
    EMAIL,
    HERS,
    SHARED_ADDRESS,
    deliver,
    deliveries,
    found_in,
    jsonl,
    log,
    parquet,
    table,
    user,
)
from tests.warehouse.homes import Home, event, payment

TABLES = ("raw", "superseded")


def erased(home: Home, **options: bool) -> Receipt:
    return erase(home.settings, ANNA, report=lambda message: None, **options)


def stored(home: Home, value: str) -> str:
    return hmac.digest((home.settings.home / "pii.key").read_bytes().strip(), value.encode(), "sha256").hex()


def tree(root: Path) -> dict[str, str]:
    """Every file with the hash of its content, but the lock's and what a reader leaves."""
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "writer.lock"]
    return {str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest() for path in files}


def loaded(home: Home) -> dict[str, list[tuple]]:
    """All rows of the loader's tables with the file and line they came from, whatever the file's id is."""
    files = "(select _file_id, dt as _dt, file as _file from load.deliveries)"
    origin = "select * exclude (_file_id) from {} inner join " + files + " using (_file_id)"
    with duckdb.connect(str(home.settings.candidate), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where list_contains(?, schema_name)",
            [list(TABLES)],
        ).fetchall()
        rows = {name: connection.execute(f"{origin.format(name)} order by all").fetchall() for (name,) in names}
        rows["quarantine"] = connection.execute(
            "select feed, dt, file, line, lines, reason, raw_text from load.quarantine order by all"
        ).fetchall()
        rows["deliveries"] = connection.execute(
            "select * exclude (_file_id, loaded_at, identity, erased) from load.deliveries order by all"
        ).fetchall()
    return rows


def test_a_search_over_every_file_finds_nothing_of_the_person(
    loaded_once: Home, erased_once: tuple[Home, Receipt]
) -> None:
    home, receipt = erased_once

    assert {value for value, _ in found_in(loaded_once.settings.home, HERS)} == set(HERS)
    assert found_in(home.settings.home, [*HERS, stored(home, EMAIL), stored(home, ADDRESS)]) == []
    assert receipt.left == []


def test_the_persons_rows_go_and_others_lose_the_name_alone(erased_once: tuple[Home, Receipt]) -> None:
    home, _ = erased_once

    assert home.query("select user_id from raw.users") == [(BEN,)]
    assert home.query(
        "select event_id, anonymous_id, properties::varchar, _extra::varchar from raw.events order by 1"
    ) == [
        ("e2", None, None, None),
        ("e3", None, f'{{"invited":["(erased)","{BEN}"]}}', '{"unknown":"by (erased)"}'),
        ("e4", None, None, None),
    ]
    assert home.query("select message, fields::varchar from raw.app_logs order by log_id") == [
        ("mail to (erased) sent", None),
        ("cache warm", None),
        ("seen", '{"who":"(erased)","from_":"(erased)"}'),
    ]
    assert home.query("select request_id, route, ip from raw.api_requests order by 1") == [
        ("r2", "/v1/users/(erased)/bills", stored(home, SHARED_ADDRESS)),
        ("r3", "/v1/bills", None),
        ("r4", "/v1/bills", None),
    ]
    assert home.query("select security_event_id, ip, details::varchar from raw.security_events order by 1") == [
        ("s2", None, '{"note":"again (erased)"}'),
        ("s4", stored(home, SHARED_ADDRESS), None),
    ]
    assert home.query("select name, owner_user_id from raw.groups") == [("Flat 3", None)]
    assert home.query("select user_id from raw.group_members") == [(BEN,)]
    assert home.query("select reading_id from raw.meter_readings") == [("m1",)]
    assert home.query("select attempt_id from raw.payments order by 1") == [("p2",), ("p3",)]
    assert home.query("select refund_id from raw.refunds") == [("f2",)]
    assert home.query("select audit_id, actor, object_id from raw.audit_log order by 1") == [
        ("a2", "support-kim", None),
        ("a3", BEN, "u-1002"),
    ]


def test_the_ledger_counts_what_the_rewritten_files_hold(erased_once: tuple[Home, Receipt]) -> None:
    """Of seven events four were hers: a row, its duplicate, and two broken records that name her."""
    home, _ = erased_once

    home.ledger()
    counts = "lines, loaded, duplicates, quarantined, erased"
    assert home.query(f"select {counts} from load.deliveries where feed = 'events'") == [(3, 3, 0, 0, 4)]
    assert home.quarantine() == []


def test_the_next_load_takes_no_rewritten_file_for_a_new_one(home: Home) -> None:
    erased(home)
    before = loaded(home)

    summary = home.load()

    assert summary.feeds == []
    assert loaded(home) == before


def test_tables_and_ledger_are_those_of_a_home_that_loads_the_rewritten_files(home: Home, tmp_path: Path) -> None:
    erased(home)
    fresh = Home(tmp_path / "fresh")
    fresh.settings.home.mkdir()
    os.rename(home.settings.landing, fresh.settings.landing)
    (fresh.settings.home / "pii.key").write_bytes((home.settings.home / "pii.key").read_bytes())

    fresh.load()

    assert loaded(fresh) == loaded(home)


def test_a_dry_run_counts_the_same_and_changes_nothing(home: Home) -> None:
    before = tree(home.settings.home)

    promised = erased(home, is_dry=True)

    assert tree(home.settings.home) == before
    assert promised.counts == erased(home).counts


def test_the_receipt_says_what_went_where_and_names_nobody(erased_once: tuple[Home, Receipt]) -> None:
    home, receipt = erased_once

    counts = {count.what: (count.removed, count.redacted) for count in receipt.counts}
    assert counts["users, 1 files"] == (1, 0)
    assert counts["events, 1 files"] == (4, 2)
    assert counts["raw.events"] == (1, 2)
    assert counts["superseded.events"] == (1, 0)
    assert counts["load.quarantine"] == (2, 0)
    (file,) = home.settings.receipts.iterdir()
    assert receipt.person in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_erasing_again_finds_nothing_and_is_no_error(home: Home) -> None:
    erased(home)
    before = loaded(home)

    receipt = erased(home)

    assert receipt.counts == []
    assert loaded(home) == before


def test_a_person_nobody_knows_is_an_error_and_leaves_no_trace(home: Home) -> None:
    before = tree(home.settings.home)

    with pytest.raises(UnknownPersonError, match="u-9"):
        erase(home.settings, "u-9", report=lambda message: None)

    assert tree(home.settings.home) == before


def test_the_same_files_delivered_again_bring_nobody_back(home: Home) -> None:
    erased(home)
    before, files = loaded(home), tree(home.settings.landing)

    deliver(home, deliveries())
    summary = home.load()

    assert [feed for feed in summary.feeds if feed.files] == []
    assert found_in(home.settings.home, HERS) == []
    assert loaded(home) == before
    assert tree(home.settings.landing) == files


def test_files_in_another_form_bring_nobody_back(home: Home) -> None:
    erased(home)
    later = {
        ("users", "all.parquet"): parquet([user(ANNA, EMAIL), user("u-7", "new@example.com")]),
        ("events", "all.csv"): table([event("e1", user_id=ANNA), event("e9", user_id="u-7")]),
        ("app_logs", "all.ndjson"): jsonl([log(4, f"bounced: <{EMAIL.upper()}>"), log(5, f"{ANNA}_{ADDRESS}")]),
        ("payments", "all.ndjson"): jsonl([payment("p1"), payment("p9")]),  # her attempt, without her id
    }

    deliver(home, later, day="2024-03-02")
    home.load()

    assert found_in(home.settings.home, HERS) == []
    assert home.query("select user_id from raw.users order by 1") == [(BEN,), ("u-7",)]
    assert home.query("select event_id from raw.events where _file_id > 11 order by 1") == [("e9",)]
    assert home.query("select message from raw.app_logs where log_id in ('l4', 'l5') order by log_id") == [
        ("bounced: <(erased)>",),
        ("(erased)_(erased)",),
    ]
    assert home.query("select attempt_id from raw.payments order by 1") == [("p2",), ("p3",), ("p9",)]
    home.ledger()


def test_an_id_that_json_spells_by_numbers_is_the_person_all_the_same(tmp_path: Path) -> None:
    home, muller, mentioned = Home(tmp_path), "mü-1234567", json.dumps({"to": "mü-1234567", "n": "ü"})
    files = {
        ("users", "a.ndjson"): jsonl([user(muller, EMAIL), user(BEN, "ben@example.org")]),
        ("events", "a.parquet"): parquet(
            [event("e1", user_id=muller, properties="{}"), event("e2", user_id=BEN, properties=mentioned)]
        ),
    }
    deliver(home, files)
    home.load()
    erase(home.settings, muller, report=lambda message: None)
    cleaned = [("e2", BEN, '{"to":"(erased)","n":"ü"}')]
    assert home.query("select event_id, user_id, properties from raw.events") == cleaned

    again = {
        ("events", "b.ndjson"): jsonl(
            [event("e3", user_id=muller, page="C:\\users\\😀"), event("e4", user_id=BEN, page=f'/"{muller}"')]
        ),
        ("events", "b.csv"): table([event("e5", user_id=BEN, properties=mentioned)]),
    }
    deliver(home, again, day="2024-03-02")
    home.load()
    assert home.query("select event_id, page, properties from raw.events order by 1") == [
        ("e2", None, cleaned[0][2]),
        ("e4", '/"(erased)"', None),
        ("e5", None, cleaned[0][2]),
    ]
    for path in home.settings.landing.rglob("*.*"):
        assert b"1234567" not in path.read_bytes()


def test_rows_whose_files_are_gone_from_the_landing_zone_go_too(home: Home) -> None:
    for path in list(home.settings.landing.rglob("*.*")):
        if path.is_file():
            path.unlink()

    erased(home)

    assert found_in(home.settings.home, HERS) == []
    assert home.query("select user_id from raw.users") == [(BEN,)]
    home.ledger()


def test_a_duplicate_of_somebody_else_comes_back_when_the_standing_row_goes(home: Home) -> None:
    deliver(home, {("events", "b.ndjson"): jsonl([event("e1", f"{DAY}T11:00:00Z", user_id=BEN)])})
    home.load()
    assert home.query("select user_id from raw.events where event_id = 'e1'") == [(ANNA,)]

    erased(home)

    assert home.query("select user_id from raw.events where event_id = 'e1'") == [(BEN,)]
    assert home.ledger()["b.ndjson"] == (1, 1, 0, 0)


def test_files_that_wait_to_be_loaded_are_rewritten_too(home: Home) -> None:
    deliver(home, {("users", "b.ndjson"): jsonl([user(ANNA, "anna@other.example"), user("u-7", "x@example.com")])})

    erased(home)

    assert found_in(home.settings.home, [*HERS, "anna@other.example"]) == []
    home.load()
    assert home.query("select user_id from raw.users order by 1") == [(BEN,), ("u-7",)]


def test_a_file_that_can_not_be_read_to_its_end_goes_whole_where_it_names_the_person(home: Home) -> None:
    cut = gzip.compress(jsonl([user(ANNA, EMAIL)] * 500))[:-40]
    deliver(home, {("users", "cut.ndjson.gz"): cut, ("users", "other.ndjson.gz"): gzip.compress(b"{}")[:-4]})
    home.load()

    erased(home)

    names = {path.name for path in (home.settings.landing / "users" / f"dt={DAY}").iterdir()}
    assert names == {"a.ndjson", "other.ndjson.gz"}
    assert home.ledger()["cut.ndjson.gz"][3] >= 1


def test_logs_and_databases_in_the_work_folder_lose_the_values(home: Home) -> None:
    logs = home.settings.work / "logs"
    logs.mkdir()
    (logs / "crashes.log").write_text(f"ValueError: {ANNA} <{EMAIL}>\nuser {BEN}\n", encoding="utf-8")
    with sqlite3.connect(logs / "runs.db") as connection:
        connection.execute("create table event_logs (id integer, event text)")
        connection.executemany("insert into event_logs values (?, ?)", [(1, f'{{"user": "{ANNA}"}}'), (2, BEN)])

    erased(home)

    assert (logs / "crashes.log").read_text(encoding="utf-8") == f"ValueError: (erased) <(erased)>\nuser {BEN}\n"
    with sqlite3.connect(logs / "runs.db") as connection:
        assert connection.execute("select event from event_logs").fetchall() == [('{"user": "(erased)"}',), (BEN,)]
    assert found_in(home.settings.home, HERS) == []


@pytest.mark.parametrize("user_id", ["usd", "card", "null", "1000001"])
def test_a_person_whose_id_is_a_word_or_a_number_leaves_what_is_called_alike(tmp_path: Path, user_id: str) -> None:
    """Rates and payments of others stay, landed and loaded; so do files made of the code and packed blobs."""
    home = Home(tmp_path / "home")
    others = [payment("1000001", payment_id="1000001", user_id=BEN, method="card", failure_code=user_id)]
    rates = [{"rate_date": DAY, "currency": "USD", "rate": 1.0}]
    deliver(home, {("payments", "a.ndjson"): jsonl(others), ("exchange_rates", "a.csv"): table(rates)})
    before = tree(home.settings.landing)
    deliver(home, {("users", "a.ndjson"): jsonl([user(user_id, EMAIL), user(BEN, "ben@example.com")])})
    home.load()
    kept = home.query("select * from raw.payments"), home.query("select * from raw.exchange_rates")
    dbt, packed = home.settings.work / "dbt", b"x\x9c\xf3 " + user_id.encode() + b" \xff"
    (dbt / "parse").mkdir(parents=True)
    (dbt / "parse" / "partial_parse.msgpack").write_bytes(b"\0 " + user_id.encode())
    (home.settings.home / "settings.yml").write_text("reporting_currency: USD\n", encoding="utf-8")
    told = f"send: {{P0: ['mailto://{EMAIL}?to={EMAIL}']}}\n"
    (home.settings.home / "alerts.yml").write_text(told, encoding="utf-8")
    (home.settings.work / "logs").mkdir()
    (home.settings.work / "logs" / "app.jsonl").write_text(f'{{"user": "by {user_id}"}}\n', encoding="utf-8")
    own = {"based_on": None, "card": "card", "messages": [f"no rate for {user_id}, {BEN}"]}
    (home.settings.work / "build_results.json").write_text(json.dumps(own), encoding="utf-8")
    with sqlite3.connect(home.settings.work / "runs.db") as connection:
        connection.execute("create table snapshots (body blob)")
        connection.execute("insert into snapshots values (?)", [packed])

    receipt = erase(home.settings, user_id, report=lambda message: None)

    assert receipt.left == []
    assert home.query("select user_id from raw.users") == [(BEN,)]
    assert (home.query("select * from raw.payments"), home.query("select * from raw.exchange_rates")) == kept
    assert {name: found for name, found in tree(home.settings.landing).items() if "users" not in name} == before
    with sqlite3.connect(home.settings.work / "runs.db") as connection:
        assert connection.execute("select body from snapshots").fetchall() == [(packed,)]
    assert (home.settings.home / "settings.yml").read_text(encoding="utf-8") == "reporting_currency: USD\n"
    assert (home.settings.home / "alerts.yml").read_text(encoding="utf-8") == told
    log = (home.settings.work / "logs" / "app.jsonl").read_text(encoding="utf-8")
    assert log == '{"user": "by (erased)"}\n'
    own["messages"] = [f"no rate for (erased), {BEN}"]
    assert json.loads((home.settings.work / "build_results.json").read_text(encoding="utf-8")) == own


def test_what_is_neither_text_nor_a_delivery_is_told(home: Home) -> None:
    (home.settings.work / "memory.bin").write_bytes(b"\0\1" + ANNA.encode())

    receipt = erased(home)

    assert len(receipt.left) == 1
    assert "memory.bin" in receipt.left[0]
