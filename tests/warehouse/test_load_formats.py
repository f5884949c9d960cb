"""Every format of the landing zone gives the same rows, with the types of the contract."""

import json
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.warehouse.homes import Home, event

ROWS = [
    event("e1", "2024-03-01T10:00:00Z", user_id="u1", is_bot=False, properties={"a": 1}),
    event("e2", "2024-03-01T12:00:00+02:00", user_id='ü2, "quoted"', is_bot=True),
    event("e3", 1709287200000, page="/p\nq"),
]
EXPECTED = [
    ("e1", datetime(2024, 3, 1, 10), "u1", False, None),
    ("e2", datetime(2024, 3, 1, 10), 'ü2, "quoted"', True, None),
    ("e3", datetime(2024, 3, 1, 10), None, None, "/p\nq"),
]
CSV = (
    "event_id,event_at,event_name,user_id,is_bot,page,properties\r\n"
    'e1,2024-03-01T10:00:00Z,page_view,u1,false,,"{""a"":1}"\r\n'
    'e2,2024-03-01T12:00:00+02:00,page_view,"ü2, ""quoted""",true,,\r\n'
    'e3,1709287200000,page_view,,,"/p\nq",\r\n'
)


def as_parquet(home: Home) -> bytes:
    columns = {
        name: [row.get(name) for row in ROWS] for name in ("event_id", "event_name", "user_id", "is_bot", "page")
    }
    columns["event_at"] = pa.array([datetime(2024, 3, 1, 10)] * 3, pa.timestamp("us"))
    columns["properties"] = [{"a": 1}, None, None]
    path = home.settings.home / "made.parquet"
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


@pytest.mark.parametrize(
    "name", ["a.ndjson", "a.jsonl", "a.ndjson.gz", "a.ndjson.zst", "a.csv", "a.csv.gz", "a.parquet"]
)
def test_every_format_gives_the_same_typed_rows(home: Home, name: str) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    content = {"zst": pa.compress(lines, "zstd", asbytes=True), "parquet": as_parquet(home)}.get(
        name.rsplit(".")[-1], CSV.encode() if ".csv" in name else lines
    )
    home.deliver("events", "2024-03-01", name, content)
    home.load()
    assert home.quarantine() == []
    assert home.query("select event_id, event_at, user_id, is_bot, page from raw.events order by 1") == EXPECTED
    assert home.query("select (properties->>'a')::int from raw.events where event_id = 'e1'") == [(1,)]
    assert home.ledger() == {name: (3, 3, 0, 0)}


def test_a_parquet_file_with_other_types_is_cast_to_the_contract(home: Home) -> None:
    table = pa.table(
        {
            "event_id": [1, 2, 3],
            "event_at": pa.array([1709287200000, 1709287200000, None], pa.int64()),
            "event_name": [b"x", b"y", b"z"],
            "is_bot": ["true", "no boolean", None],
            "user_id": [["a"], None, None],
        }
    )
    path = home.settings.home / "made.parquet"
    pq.write_table(table, path)
    home.deliver("events", "2024-03-01", "a.parquet", path.read_bytes())
    home.load()
    assert home.ledger() == {"a.parquet": (3, 0, 0, 3)}
    reasons = [reason for _, reason, _ in home.quarantine()]
    assert reasons == [
        "user_id is an object or list, not text",
        "is_bot is no boolean",
        "event_at is missing",
    ]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(home: Home) -> None:
    lines = "\r\n".join(json.dumps(row) for row in ROWS)
    home.deliver("events", "2024-03-01", "a.ndjson", b"\xef\xbb\xbf" + lines.encode())
    home.deliver("events", "2024-03-02", "b.csv", b"\xef\xbb\xbf" + CSV.replace("e1", "f1").encode())
    home.load()
    assert home.quarantine() == []
    assert home.ledger() == {"a.ndjson": (3, 3, 0, 0), "b.csv": (3, 1, 2, 0)}


def test_timestamps_keep_microseconds_and_offsets(home: Home) -> None:
    at = ["2024-03-01T10:00:00.123456Z", "2024-03-01 10:00:00", "2024-03-01T10:00:00-05:30", "2024-03-01"]
    home.deliver("events", "2024-03-01", "a.ndjson", [event(str(i), value) for i, value in enumerate(at)])
    home.load()
    assert [row[0] for row in home.query("select event_at from raw.events order by event_id")] == [
        datetime(2024, 3, 1, 10, 0, 0, 123456),
        datetime(2024, 3, 1, 10),
        datetime(2024, 3, 1, 15, 30),
        datetime(2024, 3, 1),
    ]


def test_other_ways_to_write_an_instant(home: Home) -> None:
    instants = {
        "2024-03-01t10:00:00z": datetime(2024, 3, 1, 10),
        "2024-03-01T10:00:00,25Z": datetime(2024, 3, 1, 10, 0, 0, 250_000),
        "20240301T100000Z": datetime(2024, 3, 1, 10),
        "20240301T1000Z": datetime(2024, 3, 1, 10),
        "20240301T100030+02": datetime(2024, 3, 1, 8, 0, 30),
        "20240301T100000.5+0530": datetime(2024, 3, 1, 4, 30, 0, 500_000),
        "1709287200000.0": datetime(2024, 3, 1, 10),
        1709287200000.0: datetime(2024, 3, 1, 10),
    }
    home.deliver("events", "2024-03-01", "a.ndjson", [event(f"a{n}", given) for n, given in enumerate(instants)])
    texts = [given for given in instants if isinstance(given, str)]
    for name, column in (("b", texts), ("c", [1709287200000.0])):
        table = {"event_id": [f"{name}{n}" for n in range(len(column))], "event_at": column}
        parquet = home.deliver("events", "2024-03-01", f"{name}.parquet", b"")
        pq.write_table(pa.table(table | {"event_name": ["n"] * len(column)}), parquet)
    home.load()
    expected = list(instants.values())
    assert home.query("select event_at from raw.events order by event_id") == [
        (instant,) for instant in (*expected, *expected[: len(texts)], expected[-1])
    ]


def test_labels_of_a_key_are_the_same_in_any_order_and_with_any_spaces(home: Home) -> None:
    sample = {
        "source": "s",
        "resource_id": "r",
        "metric": "m",
        "sampled_at": "2024-03-01T10:00:00Z",
        "resource_type": "host",
        "value": 1,
    }
    labels = ['{"b/c~d": {"x": 1},  "a \\"b\\"": "é"}', '{"a \\"b\\"":"é","b/c~d":{"x":1}}', '["b", "a"]', '["a", "b"]']
    twice = ['{"b":1,"a":1,"a":2}', '{"b":1,"a":1,"a":3}']  # nobody knows what they mean
    home.deliver("metric_samples", "2024-03-01", "a.ndjson", [{**sample, "labels": json.loads(x)} for x in labels])
    parquet = home.deliver("metric_samples", "2024-03-01", "b.parquet", b"")
    pq.write_table(pa.Table.from_pylist([{**sample, "labels": text} for text in labels + twice]), parquet)
    home.load()
    assert home.ledger() == {"a.ndjson": (4, 3, 1, 0), "b.parquet": (6, 2, 4, 0)}
    assert home.query("select labels from raw.metric_samples order by all") == [
        ('["a","b"]',),
        ('["b","a"]',),
        ('{"a \\"b\\"":"é","b/c~d":{"x":1}}',),
        *((labels,) for labels in twice),
    ]
    assert home.query("select sum(conflicts) from load.deliveries") == [(0,)]


def test_an_empty_text_is_missing_in_every_form(home: Home) -> None:
    row = event("e", user_id="", session_id="", is_bot="", page="/p", properties="")
    home.deliver("events", "2024-03-01", "a.ndjson", [row])
    for name, rows in {
        "b": [row],
        "c": [row | {"event_id": f"e{i}", "user_id": "" if i else "u"} for i in range(999)],
    }.items():
        table = pa.Table.from_pylist(rows)
        pq.write_table(table, home.deliver("events", "2024-03-01", f"{name}.parquet", b""))
    home.deliver("events", "2024-03-01", "d.csv", ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    home.load()
    assert home.quarantine() == []
    assert home.query("select distinct user_id, session_id, is_bot, page, properties from raw.events order by all") == [
        ("u", None, None, "/p", None),
        (None, None, None, "/p", None),
    ]
    assert home.query("select sum(duplicates), sum(conflicts) from load.deliveries") == [(2, 0)]


def test_booleans_of_a_column_with_missing_values_come_as_numbers(home: Home) -> None:
    given = [1.0, 0.0, "1.00", None, 0.5]
    home.deliver("events", "2024-03-01", "a.ndjson", [event(f"e{i}", is_bot=bot) for i, bot in enumerate(given)])
    numbers = {"a": [1.0, 0.0, None, 0.5], "b": [Decimal("1.00"), Decimal("0.00"), None, Decimal("0.50")]}
    for name, column in numbers.items():
        rows = pa.table({"is_bot": column}).to_pylist()
        table = pa.Table.from_pylist([event(f"{name}{i}") | row for i, row in enumerate(rows)])
        pq.write_table(table, home.deliver("events", "2024-03-01", f"{name}.parquet", b""))
    home.load()
    read = [(True,), (False,), (None,)]
    assert home.query("select is_bot from raw.events where event_id < 'e' order by event_id") == read * 2
    assert home.query("select is_bot from raw.events where event_id > 'e' order by event_id") == [
        *((True,), (False,), (True,), (None,))
    ]
    assert [reason for _, reason, _ in home.quarantine()] == ["is_bot is no boolean"] * 3


def test_dates_and_numbers_are_typed_by_the_contract(home: Home) -> None:
    row = {
        "reading_id": "r1",
        "meter_id": "m1",
        "user_id": "u1",
        "submitted_at": "2024-02-29T23:59:59Z",
        "period": "2024-02-01",
        "value": "12.5",
        "unit": "kWh",
    }
    others = [{**row, "reading_id": "r2", "period": "2024-02-30"}, {**row, "reading_id": "r3", "period": "20240201"}]
    home.deliver("meter_readings", "2024-02-29", "a.ndjson", [row, *others])
    home.load()
    assert home.query("select period, value from raw.meter_readings") == [(date(2024, 2, 1), 12.5)] * 2
    assert [reason for _, reason, _ in home.quarantine()] == ["period is no date"]


def test_a_thousand_small_files_are_one_load(home: Home) -> None:
    for index in range(1000):
        home.deliver("events", "2024-03-01", f"{index:04}.ndjson", [event(f"e{index}")])
    summary = home.load()
    assert summary.total("loaded") == 1000
    assert home.query("select count(distinct _file_id), min(_line), max(_line) from raw.events") == [(1000, 1, 1)]
