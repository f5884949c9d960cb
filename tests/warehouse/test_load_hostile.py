"""What storms found: files, cells, names and settings that stopped a night, lost rows or told too much."""

from __future__ import annotations

import json
import os
import socket
import time
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.settings import SettingsError, load_settings
from dagster_project.warehouse.load import records
from dagster_project.warehouse.load.parquet import texts_of_few_values
from tests.warehouse.homes import Home, event

NOT_IN_MICROSECONDS = 2**53


def parquet(home: Home, name: str, columns: dict[str, object], **options: object) -> None:
    """Deliver two events as a Parquet file, with these columns beside or in place of the required ones."""
    two = {"event_id": [f"{name}-1", f"{name}-2"], "event_at": [datetime(2024, 3, 1)] * 2, "event_name": ["n", "n"]}
    home.settings.home.mkdir(exist_ok=True)
    file = home.settings.home / "made"
    pq.write_table(pa.table(two | columns), file, **options)
    home.deliver("events", "2024-03-01", f"{name}.parquet", file.read_bytes())


def test_no_type_name_or_value_of_a_parquet_file_stops_the_night(home: Home) -> None:
    no_utf8 = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff", b"ok"], pa.binary()).buffers())
    twice_a_key = pa.array([[("a", 1), ("a", 2)], []], pa.map_(pa.string(), pa.int64()))
    parquet(home, "half", {"unknown": np.array([1.5, 2], np.float16)})
    parquet(home, "wide decimal", {"unknown": pa.array([1, 2]).cast(pa.decimal256(60, 2))})
    parquet(home, "duration", {"unknown": pa.array([2**62, 1], pa.duration("s"))})
    parquet(home, "seconds", {"event_at": pa.array([NOT_IN_MICROSECONDS, 1709287200], pa.timestamp("s"))})
    parquet(home, "no zone", {"event_at": pa.array([1709287200] * 2, pa.timestamp("s", "Mars/Phobos"))})
    parquet(home, "text", {"page": no_utf8})
    parquet(home, "bytes", {"page": [b"\xff", b"ok"]})
    parquet(home, "unknown bytes", {"unknown": [b"\xff", b"ok"]})
    parquet(home, "map", {"properties": twice_a_key})
    parquet(home, "unknown map", {"unknown": twice_a_key})
    parquet(home, "cases", {"Zed": [1, 2], "zED": [3, 4], "EVENT_ID": [5, 6]})
    parquet(home, "empty", {"": [1, 2]})
    home.load()
    assert home.ledger() == {
        **{f"{name}.parquet": (2, 2, 0, 0) for name in ("half", "wide decimal", "duration", "unknown bytes")},
        "unknown map.parquet": (2, 2, 0, 0),
        **{f"{name}.parquet": (2, 2, 0, 0) for name in ("no zone", "cases", "empty")},
        **{f"{name}.parquet": (2, 1, 0, 1) for name in ("seconds", "text", "bytes")},
        "map.parquet": (2, 1, 0, 1),
    }
    assert home.query("select event_at from raw.events where event_id = 'seconds-2'") == [(datetime(2024, 3, 1, 10),)]
    reasons = {reason.split(":")[0] for _, reason, _ in home.quarantine()}
    assert reasons == {
        "event_at is no timestamp",
        "bytes that are no UTF-8",
        "an object or list that can't be read",
    }


def test_texts_that_a_parquet_file_repeats_are_those_that_it_has(home: Home) -> None:
    """They are taken as they are written, each once; unless one of them is no UTF-8."""
    count = 3_000
    pages = [None, "/", "/ü", ""]
    features = pa.DictionaryArray.from_arrays(pa.array([None, 0, None] * 1_000, pa.int8()), pa.array(["f"]))
    columns = {
        "event_id": [f"e{number:04}" for number in range(count)],
        "event_at": pa.array([1709287200] * count, pa.timestamp("s")),
        "event_name": ["page_view"] * count,
        "page": [pages[number % 4] for number in range(count)],
        "feature": features,
    }
    damaged = {
        **columns,
        "event_id": [f"d{number:04}" for number in range(count)],
        "page": pa.array([[b"/", b"\xff"][number % 2] for number in range(count)]).view(pa.utf8()),
    }
    for name, content in (("whole", columns), ("damaged", damaged)):
        pq.write_table(pa.table(content), home.settings.home / "a.parquet", row_group_size=1_000)
        metadata = pq.read_metadata(home.settings.home / "a.parquet")
        assert texts_of_few_values(metadata) == ["event_name", "page", "feature"]
        home.deliver("events", "2024-03-01", f"{name}.parquet", (home.settings.home / "a.parquet").read_bytes())

    home.load()

    assert home.ledger() == {"whole.parquet": (3000, 3000, 0, 0), "damaged.parquet": (3000, 1500, 0, 1500)}
    rows = home.query("select event_id, page, feature from raw.events where event_id like 'e%' order by 1")
    assert rows == [(f"e{n:04}", pages[n % 4] or None, [None, "f", None][n % 3]) for n in range(count)]
    assert home.query("select distinct event_name, page from raw.events where event_id like 'd%'") == [
        ("page_view", "/")
    ]


def test_texts_that_arrow_does_not_read_as_repeated_are_read_one_by_one(home: Home) -> None:
    count = 3_000
    columns = {
        "event_id": [f"e{number:04}" for number in range(count)],
        "event_at": pa.array([1709287200] * count, pa.timestamp("s")),
        "event_name": ["page_view"] * count,
        "page": ["/"] * count,
        "feature": pa.nulls(count, pa.string()),
    }
    encodings = {"page": "DELTA_BYTE_ARRAY", "feature": "DELTA_LENGTH_BYTE_ARRAY"}
    file = home.settings.home / "a.parquet"
    pq.write_table(pa.table(columns), file, use_dictionary=["event_name"], column_encoding=encodings)
    home.deliver("events", "2024-03-01", "deltas.parquet", file.read_bytes())
    home.load()
    assert home.ledger() == {"deltas.parquet": (count, count, 0, 0)}
    assert home.query("select distinct event_name, page, feature from raw.events") == [("page_view", "/", None)]


def test_a_long_header_that_looks_like_addresses_stops_nothing(home: Home) -> None:
    long = ":" * 50_000 + "@" + "a" * 50_000
    home.deliver("events", "2024-03-01", "sound.csv", f"event_id,event_at,event_name,{long}\ne1,2024-03-01,n,\n")
    home.deliver("events", "2024-03-01", "lacks.csv", f"event_id,event_at,{long}\n")
    home.load()
    assert home.ledger() == {"lacks.csv": (1, 0, 0, 1), "sound.csv": (1, 1, 0, 0)}
    [(_, reason, _)] = home.quarantine()
    assert "lacks the required event_name; it is: event_id,event_at,(masked)" in reason and len(reason) < 300


def test_instants_of_old_writers_do_not_wrap_around(home: Home) -> None:
    parquet(
        home, "old", {"event_at": [datetime(1950, 3, 1), datetime(1500, 3, 1)]}, use_deprecated_int96_timestamps=True
    )
    home.load()
    assert home.query("select event_at from raw.events") == [(datetime(1950, 3, 1),)]
    assert [reason for _, reason, _ in home.quarantine()] == ["event_at is not between 1900-01-01 and 2199-12-31"]


def test_dates_that_only_duckdb_takes_for_dates_are_quarantined(home: Home) -> None:
    row = {"channel": "c", "campaign": "c", "spend_minor": 1, "currency": "USD", "updated_at": "2024-03-01"}
    days = ["infinity", "-infinity", "epoch", "2024-02-01 (BC)", "10000-01-01", "9999-12-31", "0001-01-01"]
    home.deliver("marketing_spend", "2024-03-01", "a.ndjson", [{**row, "spend_date": day} for day in days])
    times = ["2024-03-01 (BC)", "24-03-01", "2024-03-01T10:00:00+99:00", "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z"]
    home.deliver("events", "2024-03-01", "a.ndjson", [event(str(at), at) for at in times])
    home.load()
    assert home.query("select count(*) from load.quarantine") == [(len(days) + len(times),)]


def test_a_delivery_day_at_the_end_of_all_days_is_no_delivery(home: Home) -> None:
    home.deliver("events", "9999-12-31", "a.ndjson", [event("a")])
    home.deliver("events", "2024-03-01", "a.ndjson", [event("b")])
    home.load()
    assert home.query("select event_id from raw.events") == [("b",)]
    assert "from 1900-01-01 to 2199-12-31" in home.query("select problem from load.problems")[0][0]


def test_a_csv_with_lone_carriage_returns_is_quarantined_and_not_taken_for_empty(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.csv", "event_id,event_at,event_name\re1,2024-03-01,n\re2,2024-03-01,n\r")
    home.load()
    assert home.ledger() == {"a.csv": (1, 0, 0, 1)}
    assert "line ends that are neither LF nor CRLF" in home.quarantine()[0][1]


def test_a_quoted_header_after_a_byte_order_mark_is_a_header(home: Home) -> None:
    csv = b'\xef\xbb\xbf"event_id","event_at","event_name"\n"e1","2024-03-01","n"\n'
    home.deliver("events", "2024-03-01", "a.csv", csv)
    home.load()
    assert home.query("select event_id from raw.events") == [("e1",)]


def test_a_csv_full_of_stray_quotes_costs_no_more_than_its_size(home: Home) -> None:
    # in quadratic time, twenty minutes
    home.deliver("events", "2024-03-01", "a.csv", "event_id,event_at,event_name\n" + 'e,"2024,n\n' * 150_000)
    started = time.monotonic()
    home.load()
    assert home.ledger() == {"a.csv": (150_000, 0, 0, 150_000)}
    assert time.monotonic() - started < 200


USER = '{"user_id": "u", "registered_at": "2024-03-01"'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "u1,2024-03-01,Jane Roe,jane@example.org\n"),
        ("a.csv", 'user_id,registered_at,updated_at,email\nu1,x,x,"Jane ""J"" Roe"\n'),
        ("a.csv", "user_id,registered_at,updated_at,email\nu1,x,x,Jane Roe,more\n"),
        ("a.ndjson", ', "email": {"name": "Jane Roe", "of": ["Jane Roe", "x"]}}'),
        ("a.ndjson", ', "email": ["x, Jane Roe", 2], broken'),
        ("a.ndjson", ', "e\\u006dail": "Jane\\u0020Roe", "updated_at": "x"}'),
        ("a.ndjson", ', "e\\u006dail": "Jane Roe", broken'),
        ("a.ndjson", ', "note": "jane\\u0040example.org", broken'),
        ("a.ndjson", ', "updated_at": "2024-03-01", "Email": "Jane Roe", "x": {"EMAIL": "Jane Roe"}}'),
    ],
)
def test_personal_data_is_masked_however_it_is_written(home: Home, name: str, content: str) -> None:
    home.deliver("users", "2024-03-01", name, content if ".csv" in name else USER + content)
    home.load()
    told = home.query("select reason, raw_text from load.quarantine") + home.query("select _extra from raw.users")
    assert len(told) == 1
    for secret in ("Jane", "jane", "Roe"):
        assert secret not in repr(told)


def test_a_file_that_can_not_be_read_any_more_leaves_what_it_had_loaded(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("old")])
    home.load()
    home.deliver("events", "2024-03-01", "a.ndjson", [event("new"), event("newer")])
    with monkeypatch.context() as patched:
        patched.setattr(records, "read_pieces", _failing_disk)
        home.load()
    assert home.query("select event_id from raw.events") == [("old",)]
    assert home.ledger() == {"a.ndjson": (1, 1, 0, 0)}
    assert "Input/output error" in home.query("select problem from load.problems")[0][0]
    home.load()
    assert home.query("select event_id from raw.events order by 1") == [("new",), ("newer",)]


def _failing_disk(*_: object) -> None:
    raise OSError(5, "Input/output error")


def test_a_broken_file_that_is_replaced_while_it_is_read_is_loaded_the_next_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.deliver("events", "2024-03-01", "a.csv", "no header\n")
    sound = home.deliver("events", "2024-03-01", "_sound", "event_id,event_at,event_name\ne1,2024-03-01,n\n")
    read_pieces = records.read_pieces

    def replaced_meanwhile(*arguments: object) -> object:
        if sound.exists():
            sound.rename(path)
        return read_pieces(*arguments)

    monkeypatch.setattr(records, "read_pieces", replaced_meanwhile)
    home.load()
    assert home.ledger() == {"a.csv": (1, 0, 0, 1)}
    home.load()
    assert home.ledger() == {"a.csv": (1, 1, 0, 0)}


def test_nothing_outside_the_landing_zone_is_read_and_nothing_in_it_blocks(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside" / "dt=2024-03-01"
    outside.mkdir(parents=True)
    (outside / "canary.ndjson").write_text(json.dumps(event("canary")))
    day = home.deliver("events", "2024-03-01", "good.ndjson", [event("good")]).parent
    os.symlink(outside / "canary.ndjson", day / "link.ndjson")
    os.symlink(outside, day.parent / "dt=2024-03-02")
    os.symlink(outside.parent, day.parent.parent / "users")
    os.symlink("link.ndjson", day / "chain.ndjson")
    os.symlink("/dev/zero", day / "endless.ndjson")
    os.mkfifo(day / "pipe.ndjson")
    with socket.socket(socket.AF_UNIX) as server, monkeypatch.context() as here:
        here.chdir(day)  # a socket's path has room for about a hundred bytes
        server.bind("s.ndjson")
    os.mkdir(day / "folder.parquet")
    os.mkdir(day.parent / "dt=..")
    names = ["it's; drop table raw.events; --.ndjson", 'quo"te.ndjson', "e\u0301.ndjson", "\u00e9.ndjson", "-rf.ndjson"]
    for name in [*names, "line\nend.ndjson", "\u202edjson.ndjson", "x" * 240 + ".ndjson", "[red].ndjson"]:
        home.deliver("events", "2024-03-01", name, [event(name)])
    home.load()
    assert set(home.ledger()) == {"good.ndjson", *names, "x" * 240 + ".ndjson", "[red].ndjson"}
    assert len(home.query("select * from load.problems")) == 11
    assert home.query("select count(*) from raw.events where event_id = 'canary'") == [(0,)]
    assert b"canary" not in b"".join(path.read_bytes() for path in home.settings.work.glob("*.duckdb*"))


def test_a_link_that_takes_a_files_place_after_the_scan_is_not_followed(home: Home) -> None:
    path = home.deliver("events", "2024-03-01", "a.ndjson", [event("a")])
    delivery = records_of(home)[0]
    path.unlink()
    os.symlink("/etc/hostname", path)
    with pytest.raises(OSError, match="symbolic link"):
        delivery.open()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="no file any more"):
        delivery.open()


def records_of(home: Home) -> list:
    from dagster_project.warehouse.load.landing import scan

    return scan(home.settings.landing, ["events"]).deliveries


@pytest.mark.parametrize(
    "setting",
    [
        'reporting_timezone: "UTC\' ; drop schema raw cascade; --"',
        "reporting_timezone: ../../etc/passwd",
        "reporting_timezone: right/UTC",
        "reporting_timezone: localtime",
        "reporting_timezone: ''",
        'reporting_currency: "U\'S"',
        "reporting_currency: ÄÖÜ",
        "reporting_currency: ZZZ",
        'week_start: "monday\' or 1=1"',
        "gross_margin: .nan",
        "gross_margin: .inf",
        "mau_window_days: 1000000000000",
        "session_gap_minutes: 1e400",
        "mau_window_days: true",
        '"x\'; drop": 1',
        "? [a, b]\n: 1",
        "!!python/object/apply:os.system ['true']",
        "reporting_currency: USD\n---\nreporting_currency: EUR",
    ],
)
def test_settings_that_are_none_are_refused(tmp_path: Path, setting: str) -> None:
    (tmp_path / "settings.yml").write_text(setting, encoding="utf-8")
    with pytest.raises(SettingsError):
        load_settings(tmp_path)


def test_every_time_zone_that_is_accepted_is_known_to_duckdb() -> None:
    from zoneinfo import available_timezones

    from dagster_project.settings import _is_timezone

    accepted = [name for name in sorted(available_timezones()) if _is_timezone(name)]
    assert len(accepted) > 400
    with duckdb.connect() as connection:
        for name in accepted:
            connection.execute("select timestamp '2024-07-01' at time zone ?", [name]).fetchall()


def test_what_a_killed_writer_had_moved_out_of_memory_is_removed_by_the_next(home: Home) -> None:
    spilled = home.settings.work / "warehouse.duckdb.tmp" / "duckdb_temp_1_0_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.write_bytes(b"raw text")
    home.load()
    assert not spilled.parent.exists()
