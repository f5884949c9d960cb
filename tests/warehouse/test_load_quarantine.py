"""Bad input stops nothing and loses no good row: it is in quarantine with file, line, reason and text."""

import gzip
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.warehouse.contract import ContractError
from dagster_project.warehouse.load.landing import scan
from dagster_project.warehouse.status import newest_delivery_day, read_status
from tests.warehouse.homes import Home, event, payment

GOOD = json.dumps(event("good"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("no json at all", "not valid JSON"),
        ('{"event_id": "x", "event_at"', "not valid JSON"),
        ('[{"event_id": "x"}]', "not a JSON object"),
        ('"event"', "not a JSON object"),
        ("42", "not a JSON object"),
        ("null", "not a JSON object"),
        ("{}", "event_id is missing; event_at is missing; event_name is missing"),
        ('{"event_id": "x", "event_id": "y", "event_at": "2024-03-01", "event_name": "n"}', "a column is named twice"),
        (json.dumps(event("x", event_at="yesterday")), "event_at is no timestamp"),
        (json.dumps(event("x", event_at=20240301)), "event_at is no timestamp"),
        (json.dumps(event("x", event_at="2023-02-29T00:00:00Z")), "event_at is no timestamp"),
        (json.dumps(event("x", event_at="2024-03-01T10:0030Z")), "event_at is no timestamp"),
        (json.dumps(event("x", event_at="infinity")), "event_at is no timestamp"),
        (
            json.dumps(event("x", event_at="2024-03-03T00:00:01Z")),
            "event_at is more than 24 hours after its delivery day",
        ),
        (json.dumps(event("", "2024-03-01")), "event_id is missing"),
        (json.dumps(event("x", is_bot="maybe")), "is_bot is no boolean"),
        (json.dumps(event("x", platform="fax")), "platform is none of web, ios, android"),
        (json.dumps(event("x", user_id={"id": 1})), "user_id is an object or list, not text"),
        (json.dumps(event("x", page=["/p"])), "page is an object or list, not text"),
        ('{"event_id": "\\ud800"}', "not valid JSON"),
    ],
)
def test_a_bad_json_line_is_quarantined_and_its_neighbours_are_loaded(home: Home, line: str, reason: str) -> None:
    before, after = json.dumps(event("before")), json.dumps(event("after"))
    home.deliver("events", "2024-03-01", "a.ndjson", f"{before}\n\n{line}\n{after}")
    home.load()
    assert home.quarantine() == [(3, reason, line)]
    assert home.query("select event_id, _line from raw.events order by _line") == [("before", 1), ("after", 4)]
    assert home.ledger() == {"a.ndjson": (3, 2, 0, 1)}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"amount_minor": 12.5}, "amount_minor is no bigint"),
        ({"amount_minor": "12.5"}, "amount_minor is no bigint"),
        ({"amount_minor": -1}, "amount_minor is below 0"),
        ({"amount_minor": 9223372036854775808}, "amount_minor is no bigint"),
        ({"amount_minor": None}, "amount_minor is missing"),
        ({"currency": "usd"}, "currency is not like ^[A-Z]{3}$"),
        ({"status": "exploded"}, "status is none of pending, succeeded, failed"),
    ],
)
def test_impossible_money_is_quarantined(home: Home, columns: dict, reason: str) -> None:
    home.deliver("payments", "2024-03-01", "a.ndjson", [payment("ok", amount_minor="100.0"), payment("bad", **columns)])
    home.load()
    assert [found for _, found, _ in home.quarantine()] == [reason]
    assert home.query("select amount_minor from raw.payments") == [(100,)]


def test_bytes_that_are_no_utf8_cost_only_their_line(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", GOOD.encode() + b'\n{"event_id": "\xff"}\n' + '"ü"'.encode())
    home.load()
    assert home.quarantine() == [
        (2, "bytes that are no UTF-8", '{"event_id": "\\xff"}'),
        (3, "not a JSON object", '"ü"'),
    ]
    assert home.ledger() == {"a.ndjson": (3, 1, 0, 2)}


def test_nul_bytes_cost_only_their_line(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", b'{"event_id": "a\0b"}\n' + GOOD.encode())
    home.load()
    assert home.quarantine() == [(1, "not valid JSON", '{"event_id": "a\\x00b"}')]
    assert home.query("select event_id from raw.events") == [("good",)]


def test_a_line_of_50_mb_is_loaded_when_it_is_sound_and_quarantined_when_not(home: Home) -> None:
    long = "x" * 50_000_000
    home.deliver("events", "2024-03-01", "a.ndjson", f"{long}\n{json.dumps(event('long', page=long))}\n{GOOD}\n")
    home.load()
    assert home.query("select event_id, length(page) from raw.events order by 1") == [
        ("good", None),
        ("long", 50_000_000),
    ]
    assert home.query("select line, reason, length(raw_text) from load.quarantine") == [
        (1, "not valid JSON", 50_000_000)
    ]


@pytest.mark.parametrize("damage", ["truncated", "wrong checksum", "not gzip", "garbage at the end"])
def test_nothing_of_a_broken_gzip_is_loaded_until_it_is_delivered_sound(home: Home, damage: str) -> None:
    sound = gzip.compress("".join(json.dumps(event(f"e{i}")) + "\n" for i in range(1000)).encode())
    broken = {
        "truncated": sound[:-20],
        "wrong checksum": sound[:-8] + b"\0\0\0\0" + sound[-4:],
        "not gzip": b"hello",
        "garbage at the end": sound + b"hello",
    }[damage]
    path = home.deliver("events", "2024-03-01", "good.ndjson", [event("good")]).with_name("a.ndjson.gz")
    path.write_bytes(broken)
    home.load()
    lines, loaded, duplicates, quarantined = home.ledger()["a.ndjson.gz"]
    assert (loaded, duplicates, quarantined) == (0, 0, lines) and lines >= 1
    assert home.query("select event_id from raw.events") == [("good",)]
    path.write_bytes(sound)
    home.load()
    assert home.ledger()["a.ndjson.gz"] == (1000, 1000, 0, 0)
    assert home.quarantine() == []


def test_a_broken_parquet_file_is_quarantined_whole(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.parquet", b"PAR1 this is none PAR1")
    home.load()
    assert home.ledger() == {"a.parquet": (1, 0, 0, 1)}
    assert home.quarantine()[0][1].startswith("no readable Parquet file")


CSV_HEADER = "event_id,event_at,event_name,page\n"


def test_ragged_and_unclosed_csv_records_cost_only_themselves(home: Home) -> None:
    records = [
        'e1,2024-03-01,view,"two\nlines"',
        "e2,2024-03-01,view",
        "e3,2024-03-01,view,/p,more",
        'e4,2024-03-01,view,"never closed',
        "e5,2024-03-01,view,/p",
        'e6,2024-03-01,view,5" pipe',
        'e7,2024-03-01,view,"fine, too"',
        'e8,2024-03-01,view,"a"b',
        "",
        "e9,2024-03-01,view,/last",
    ]
    home.deliver("events", "2024-03-01", "a.csv", CSV_HEADER + "\n".join(records))
    home.load()
    assert home.query("select event_id, page, _line from raw.events order by 1") == [
        ("e1", "two\nlines", 2),
        ("e5", "/p", 7),
        ("e7", "fine, too", 9),
        ("e9", "/last", 12),
    ]
    assert home.quarantine() == [
        (4, "another number of fields than the header's 4", records[1]),
        (5, "another number of fields than the header's 4", records[2]),
        (6, "a quote that is never closed", records[3]),
        (8, "a quote that is never closed", records[5]),
        (10, "malformed quotes", records[7]),
    ]
    assert home.ledger() == {"a.csv": (9, 4, 0, 5)}


def test_a_csv_without_its_header_is_quarantined_whole(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.csv", "e1,2024-03-01,view,/p\ne2,2024-03-01,view,/p\n")
    home.load()
    assert home.query("select count(*) from raw.events") == [(0,)]
    assert home.ledger()["a.csv"][1] == 0
    assert "header lacks the required event_at, event_id, event_name" in home.quarantine()[0][1]


def test_files_with_nothing_in_them_are_deliveries_of_nothing(home: Home) -> None:
    empty = {
        "a.ndjson": b"",
        "b.csv": b"",
        "c.csv": CSV_HEADER.encode(),
        "d.ndjson.gz": b"",
        "e.ndjson.zst": pa.compress(b"", "zstd", asbytes=True),
    }
    for name, content in empty.items():
        home.deliver("events", "2024-03-01", name, content)
    home.load()
    assert home.ledger() == dict.fromkeys(empty, (0, 0, 0, 0))
    assert home.quarantine() == []


def test_files_without_a_byte_of_their_format_are_cut(home: Home) -> None:
    cut = ["a.parquet", "b.ndjson.gz", "c.ndjson.zst", "d.csv.gz"]
    for name in cut:
        home.deliver("events", "2024-03-01", name, b"").write_bytes(b"")
    home.load()
    assert home.ledger() == dict.fromkeys(cut, (1, 0, 0, 1))
    reasons = [reason for _, reason, _ in home.quarantine()]
    assert len(reasons) == len(cut)
    assert all("cut before its first byte" in reason or "no readable Parquet file" in reason for reason in reasons)


def test_what_is_no_delivery_is_named_with_its_remedy_and_stops_nothing(home: Home) -> None:
    landing = home.settings.landing
    home.deliver("events", "2024-03-01", "good.ndjson", [event("good")])
    (landing / "events/dt=2024-03-01/folder.ndjson").mkdir()
    home.deliver("no_such_feed", "2024-03-01", "a.ndjson", [event("x")])
    home.deliver("events", "2024-02-30", "a.ndjson", [event("x")])
    home.deliver("events", "2024-03-01", "notes.txt", "x")
    os.symlink("/etc/hostname", landing / "events/dt=2024-03-01/link.ndjson")
    for ignored in (".hidden.ndjson", "_part.ndjson", "a.ndjson.tmp"):
        home.deliver("events", "2024-03-01", ignored, "x")
    home.load()
    assert home.query("select event_id from raw.events") == [("good",)]
    problems = dict(home.query("select parse_filename(path), problem from load.problems"))
    assert set(problems) == {"folder.ndjson", "no_such_feed", "dt=2024-02-30", "notes.txt", "link.ndjson"}
    assert "a link, not a file" in problems["link.ndjson"]
    assert "unknown feed" in problems["no_such_feed"]


def test_a_day_to_come_is_no_delivery_day_and_does_not_become_the_as_of_day(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("a")])
    home.deliver("events", "2198-01-01", "a.ndjson", [event("b", "2198-01-01")])
    home.load()
    assert home.query("select event_id from raw.events") == [("a",)]
    assert newest_delivery_day(home.settings) == date(2024, 3, 1)
    (problem,) = read_status(home.settings).problems
    assert Path(problem.path).name == "dt=2198-01-01"
    assert problem.problem.startswith("a day to come, later than ")


def test_a_delivery_day_may_be_a_year_ahead_of_the_clock(home: Home) -> None:
    today = datetime.now(UTC).date()
    for days in (1, 366, 368):
        home.deliver("events", str(today + timedelta(days=days)), "a.ndjson", [])
    found = scan(home.settings.landing, ["events"])
    assert [(delivery.dt - today).days for delivery in found.deliveries] == [1, 366]


def test_personal_data_is_neither_in_raw_nor_in_quarantine(home: Home) -> None:
    user = {"user_id": "u1", "registered_at": "2024-03-01", "updated_at": "2024-03-01", "email": "Ann@Example.org"}
    request = {
        "request_id": "r",
        "started_at": "2024-03-01",
        "service": "s",
        "method": "GET",
        "route": "/",
        "status_code": 200,
    }
    home.deliver("users", "2024-03-01", "a.ndjson", [user, {**user, "user_id": "", "email": "bob@example.org"}])
    home.deliver("users", "2024-03-01", "b.ndjson", '{"email": "carl@example.org", broken')
    home.deliver("users", "2024-03-01", "c.csv", "user_id,registered_at,updated_at,email\nu9,dora@example.org\n")
    home.deliver("api_requests", "2024-03-01", "a.ndjson", [{**request, "ip": "10.1.2.3"}])
    home.deliver("api_requests", "2024-03-01", "b.ndjson", [{**request, "status_code": 99, "ip": "2001:db8::1"}])
    home.load()
    assert home.query("select length(email) from raw.users") == [(64,)]
    assert len(home.quarantine()) == 4
    del_bytes = home.settings.candidate.read_bytes()
    for secret in (b"Ann@", b"bob@", b"carl@", b"dora@", b"10.1.2.3", b"2001:db8"):
        assert secret not in del_bytes, secret
    assert oct((home.settings.home / "pii.key").stat().st_mode)[-3:] == "600"


def test_the_keyed_hash_is_hmac_sha256(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    # RFC 4231, test case 2
    monkeypatch.setenv("WAREHOUSE_PII_KEY", "Jefe")
    user = {"user_id": "u1", "registered_at": "2024-03-01", "updated_at": "2024-03-01"}
    home.deliver("users", "2024-03-01", "a.ndjson", [{**user, "email": "what do ya want for nothing?"}])
    home.load()
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert home.query("select email from raw.users") == [(expected,)]
    assert not (home.settings.home / "pii.key").exists()


def test_a_key_other_than_before_is_refused_and_nothing_is_loaded(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"user_id": "u1", "registered_at": "2024-03-01", "updated_at": "2024-03-01", "email": "ann@example.org"}
    home.deliver("users", "2024-03-01", "a.ndjson", [user])
    home.load()
    before = home.query("select * from raw.users")
    home.deliver("users", "2024-03-01", "b.ndjson", [{**user, "user_id": "u2"}])

    monkeypatch.setenv("WAREHOUSE_PII_KEY", "another")
    with pytest.raises(ContractError, match="restore WAREHOUSE_PII_KEY"):
        home.load()
    assert home.query("select * from raw.users") == before

    monkeypatch.delenv("WAREHOUSE_PII_KEY")
    home.load()
    assert len(home.query("select distinct email from raw.users")) == 1


def test_unknown_columns_are_kept(home: Home) -> None:
    rows = [event("e1", shoe_size=43, nested={"a": [1, None]}), event("e2"), event("e5", **{"of anna@example.org": 1})]
    home.deliver("events", "2024-03-01", "a.ndjson", rows)
    home.deliver(
        "events",
        "2024-03-01",
        "b.csv",
        "event_id,event_at,event_name,it's\ne3,2024-03-01,view,x\ne4,2024-03-01,view,\n",
    )
    (loaded,) = home.load().feeds
    assert loaded.unknown_columns == ["it's", "nested", "of (masked)", "shoe_size"]
    extras = home.query("select event_id, _extra from raw.events order by 1")
    assert [(key, json.loads(extra) if extra else None) for key, extra in extras] == [
        ("e1", {"shoe_size": 43, "nested": {"a": [1, None]}}),
        ("e2", None),
        ("e3", {"it's": "x"}),
        ("e4", None),
        ("e5", {"of anna@example.org": 1}),
    ]
