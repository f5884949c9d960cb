"""A small home in every form of landing file, two people who must not be confused, and a search of all its files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.warehouse.homes import Home, event, payment

ANNA, BEN = "u-100", "u-1001"  # one id begins with the other
EMAIL, ADDRESS, SHARED_ADDRESS = "anna.lee@example.com", "203.0.113.7", "198.51.100.4"
HERS = [ANNA, EMAIL, ADDRESS, "sess-00000001", "device-7"]
DAY = "2024-03-01"
AT = f"{DAY}T10:00:00Z"


def jsonl(rows: list[dict | str]) -> bytes:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


def table(rows: list[dict]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet(rows: list[dict]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


def user(user_id: str, email: str, **columns: object) -> dict:
    return {"user_id": user_id, "registered_at": AT, "updated_at": AT, "email": email, **columns}


def request(request_id: str, user_id: str | None, ip: str | None, route: str = "/v1/bills") -> dict:
    return {
        "request_id": request_id,
        "started_at": AT,
        "service": "bills",
        "method": "GET",
        "route": route,
        "status_code": 200,
        "user_id": user_id,
        "ip": ip,
    }


def security_event(number: int, user_id: str | None, ip: str, **columns: object) -> dict:
    return {
        "security_event_id": f"s{number}",
        "occurred_at": AT,
        "event_type": "login",
        "outcome": "success",
        "user_id": user_id,
        "ip": ip,
        **columns,
    }


def log(number: int, message: str, **fields: object) -> dict:
    row = {"log_id": f"l{number}", "logged_at": AT, "service": "mail", "level": "info", "message": message}
    return row | ({"fields": fields} if fields else {})


def audit(number: int, actor: str, object_id: str) -> dict:
    return {
        "audit_id": f"a{number}",
        "occurred_at": AT,
        "actor": actor,
        "action": "read",
        "object_type": "user_profile",
        "object_id": object_id,
        "outcome": "success",
    }


def deliveries() -> dict[tuple[str, str], bytes]:
    """(feed, name) -> content, all of one day."""
    events = [
        event("e1", AT, user_id=ANNA, session_id="sess-00000001", anonymous_id="device-7"),
        event("e2", AT, anonymous_id="device-7"),  # before she signed in
        event("e3", AT, user_id=BEN, properties={"invited": [ANNA, BEN]}, unknown=f"by {EMAIL}"),
        event("e4", AT, user_id=BEN),
        f'{{"event_id": "e5", "user_id": "{ANNA}", "event_at": "never"}}',  # quarantined
        f'{{"event_id": "e6", "user_id": "{ANNA}", ',
        event("e1", AT, user_id=ANNA, session_id="sess-00000001", anonymous_id="device-7"),  # a duplicate
    ]
    logs = [log(1, f"mail to {EMAIL} sent"), log(2, "cache warm"), log(3, "seen", who=ANNA, from_=ADDRESS)]
    security = [
        security_event(1, ANNA, ADDRESS),
        security_event(2, None, ADDRESS, details={"note": f"again {ANNA.upper()}"}),
        security_event(3, ANNA, SHARED_ADDRESS),
        security_event(4, BEN, SHARED_ADDRESS),
    ]
    requests = [
        request("r1", ANNA, ADDRESS),
        request("r2", BEN, SHARED_ADDRESS, f"/v1/users/{ANNA}/bills"),
        request("r3", BEN, None),
        request("r4", None, ADDRESS),
    ]
    readings = [
        {
            "reading_id": f"m{number}",
            "meter_id": "meter-1",
            "user_id": who,
            "submitted_at": AT,
            "period": DAY,
            "value": 12.5,
            "unit": "kWh, by hand",
        }
        for number, who in enumerate([ANNA, BEN])
    ]
    members = [
        {"group_id": "g1", "user_id": who, "joined_at": AT, "updated_at": AT, "left_at": ""} for who in (ANNA, BEN)
    ]
    group = {"group_id": "g1", "created_at": AT, "updated_at": AT, "name": "Flat 3", "owner_user_id": ANNA}
    money = [payment("p1", AT, user_id=ANNA), payment("p2", AT, user_id=BEN), payment("p3", AT)]
    refunds = [
        {"refund_id": f"f{n}", "attempt_id": f"p{n}", "refunded_at": AT, "amount_minor": 100, "currency": "USD"}
        for n in (1, 2)
    ]
    return {
        ("users", "a.ndjson"): jsonl([user(ANNA, EMAIL), user(BEN, "ben@example.com", is_test=False)]),
        ("events", "a.ndjson.gz"): gzip.compress(jsonl(events)),
        ("app_logs", "a.jsonl.zst"): zstd(jsonl(logs)),
        ("security_events", "a.jsonl.gz"): gzip.compress(jsonl(security)),
        ("api_requests", "a.parquet"): parquet(requests),
        ("meter_readings", "a.csv.gz"): gzip.compress(table(readings)),
        ("group_members", "a.csv"): table(members),
        ("groups", "a.jsonl"): jsonl([group]),
        ("payments", "a.ndjson"): jsonl(money),
        ("refunds", "a.ndjson"): jsonl(refunds),
        ("audit_log", "a.ndjson"): jsonl([audit(1, ANNA, BEN), audit(2, "support-kim", ANNA), audit(3, BEN, "u-1002")]),
    }


def deliver(home: Home, files: dict[tuple[str, str], bytes], day: str = DAY) -> None:
    for (feed, name), content in files.items():
        path = home.settings.landing / feed / f"dt={day}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def found_in(home: Path, values: list[str]) -> list[tuple[str, str]]:
    """(value, file) wherever a value stands in the home, in whatever form; a slow look at everything."""
    found = []
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink():
            contents = list(_contents(path))
            for value in values:
                pattern = rb"(?<![0-9A-Za-z])" + re.escape(value).encode() + rb"(?![0-9A-Za-z])"
                if any(
                    not _goes_on(content, match.end())
                    for content in contents
                    for match in re.finditer(pattern, content, re.IGNORECASE)
                ):
                    found.append((value, str(path.relative_to(home))))
    return found


def _goes_on(content: bytes, end: int) -> bool:
    """Whether a text that seems to end there goes on: where a part of DuckDB's metadata ends, eight bytes further on.

    Parts are the 64th of a block of 256 KiB that begins with eight bytes of checksum, blocks follow 12 KiB of headers.
    """
    is_end_of_part = content[8:12] == b"DUCK" and ((end - (12 << 10)) % (256 << 10) - 8) % 4088 == 0
    return is_end_of_part and content[end + 8 : end + 9].isalnum()


def _contents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if path.suffix == ".gz":
        yield gzip.decompress(data)
    elif path.suffix == ".zst":
        yield pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    elif path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()
    elif data.startswith(b"SQLite format 3"):
        with sqlite3.connect(path) as connection:
            yield "\n".join(connection.iterdump()).encode()
    elif path.suffix == ".duckdb":
        yield from _tables(path)


def _tables(path: Path) -> Iterator[bytes]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as looked_at (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
        ).fetchall()
        for schema, name in tables:
            yield repr(connection.execute(f'from looked_at."{schema}"."{name}"').fetchall()).encode()
