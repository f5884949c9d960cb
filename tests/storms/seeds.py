"""Sound rows of every feed, taken from the simulator's files, and sound files of them in every format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.simulator import simulate
from dagster_project.warehouse.contract import Feed

FORMATS = ("ndjson", "jsonl", "ndjson.gz", "jsonl.gz", "ndjson.zst", "jsonl.zst", "csv", "csv.gz", "parquet")
# Later than all that the sample tells of.
DELIVERED = date(2024, 4, 1)
ROWS_PER_FEED = 40


@cache
def sound_rows() -> dict[str, list[dict]]:
    """Some sound rows of every feed, their timestamps as text."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), 60, 45, 3, date(2024, 2, 1), report=lambda line: None)
        feeds = sorted(path for path in Path(folder).iterdir() if path.is_dir())
        return {feed.name: [row for file in sorted(feed.glob("*/*")) for row in _rows(file)] for feed in feeds}


def _rows(file: Path) -> list[dict]:
    content = file.read_bytes()
    if file.suffix == ".parquet":
        rows = pq.read_table(io.BytesIO(content)).to_pylist()
        return [{name: _as_text(value) for name, value in row.items()} for row in rows][:ROWS_PER_FEED]
    if file.suffix == ".gz":
        content = gzip.decompress(content)
    elif file.suffix == ".zst":
        content = pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
    if ".csv" in file.name:
        rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
        return [{name: value for name, value in row.items() if value} for row in rows][:ROWS_PER_FEED]
    return [row for line in content.splitlines() if (row := _parsed(line))][:ROWS_PER_FEED]


def _parsed(line: bytes) -> dict | None:
    try:
        return json.loads(line)
    except ValueError:  # the simulator cuts some lines
        return None


def _as_text(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def rendered(feed: Feed, extension: str, rows: list[dict]) -> bytes:
    """The rows as the bytes of one file, before any compression."""
    if extension.startswith(("ndjson", "jsonl")):
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "surrogatepass")
    names = list(dict.fromkeys(name for row in rows for name in row))
    if extension.startswith("csv"):
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows([{name: _in_csv(value) for name, value in row.items()} for row in rows])
        return out.getvalue().encode("utf-8", "surrogatepass")
    return as_parquet({name: _column(feed, name, [row.get(name) for row in rows]) for name in names})


def as_parquet(columns: dict[str, pa.Array]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def packed(extension: str, content: bytes) -> bytes:
    """The content as its extension has it compressed."""
    if extension.endswith(".gz"):
        return gzip.compress(content, 3, mtime=0)
    return pa.Codec("zstd").compress(content, asbytes=True) if extension.endswith(".zst") else content


def _in_csv(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else value


def _column(feed: Feed, name: str, values: list[object]) -> pa.Array:
    """Typed as the contract has it, where the values are; else as text."""
    kinds = {"bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "timestamp": pa.timestamp("us")}
    kind = next((kinds.get(c.data_type) for c in feed.columns if c.name == name), None)
    try:
        if kind == pa.timestamp("us"):
            values = [value and datetime.fromisoformat(value).replace(tzinfo=None) for value in values]
        return pa.array(values, kind or pa.string())
    except (TypeError, ValueError, OverflowError, pa.ArrowException):
        return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: object) -> str:
    text = value if isinstance(value, str) else str(_in_csv(value))
    return text.encode("utf-8", "replace").decode()
