"""Parquet columns of every type, with the extremes that it can hold."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.storms.seeds import as_parquet


def with_column_retyped(random: Random, content: bytes, name: str) -> tuple[bytes, str]:
    """The Parquet file with one column of some other type, and what was done."""
    table = pq.read_table(io.BytesIO(content))
    retype = random.choice(ARROW_TYPES)
    columns = dict(zip(table.column_names, table.columns, strict=True))
    try:
        changed = as_parquet(columns | {name: retype(random, table.num_rows)})
    except pa.ArrowException:  # Parquet has no such type
        return content, "nothing"
    return changed, f"{name} as {retype.__name__}"


def _ints(random: Random, rows: int, kind: pa.DataType) -> pa.Array:
    limits = (0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63) + 1, 1709287200000, 1709287200, 1709287200000000)
    return pa.array([random.choice(limits) for _ in range(rows)], pa.int64()).view(kind)


def instants(random: Random, rows: int) -> pa.Array:
    unit, zone = random.choice(("s", "ms", "us", "ns")), random.choice((None, "UTC", "America/New_York", "+05:30"))
    return _ints(random, rows, pa.timestamp(unit, zone))


def durations(random: Random, rows: int) -> pa.Array:
    return _ints(random, rows, pa.duration(random.choice(("s", "ms", "us", "ns"))))


def dates(random: Random, rows: int) -> pa.Array:
    return pa.array([random.choice((0, 19783, 2**31 - 1, -(2**31))) for _ in range(rows)], pa.int32()).view(pa.date32())


def unsigned(random: Random, rows: int) -> pa.Array:
    return pa.array([random.choice((0, 1, 2**64 - 1, 1709287200000)) for _ in range(rows)], pa.uint64())


def decimals(random: Random, rows: int) -> pa.Array:
    kind = random.choice((pa.decimal128(38, 9), pa.decimal128(5, 0), pa.decimal256(60, 5)))
    return pa.array([random.choice((Decimal(0), Decimal(1), Decimal(-7), None)) for _ in range(rows)], kind)


def floats(random: Random, rows: int) -> pa.Array:
    values = [random.choice((0.0, 1.5, float("nan"), float("inf"), -0.0, 1000.0)) for _ in range(rows)]
    return pa.array(np.array(values, random.choice(("float16", "float32", "float64"))))


def binaries(random: Random, rows: int) -> pa.Array:
    values = [random.choice((b"ok", b"\xff\xfe", b"a\x00", None)) for _ in range(rows)]
    return pa.array(values, random.choice((pa.binary(), pa.large_binary())))


def broken_text(random: Random, rows: int) -> pa.Array:
    given = pa.array([random.choice((b"ok", b"\xff\xfe", b"\xed\xa0\x80")) for _ in range(rows)], pa.binary())
    return pa.Array.from_buffers(pa.string(), rows, given.buffers())


def texts(random: Random, rows: int) -> pa.Array:
    values = pa.array([random.choice(("a", "", "2024-03-01", "1", None)) for _ in range(rows)])
    return values.dictionary_encode() if random.random() < 0.5 else values.cast(pa.large_string())


def nested(random: Random, rows: int) -> pa.Array:
    options: list[list[object]] = [[[1, None]], [{"a": {"b": ["x"]}}], [[{"a": 1.5}]], [[[1], []]]]
    return pa.array(random.choice(options) * rows)


def nested_extremes(random: Random, rows: int) -> pa.Array:
    inner = random.choice((_ints(random, rows, pa.timestamp("s")), _ints(random, rows, pa.timestamp("us"))))
    return pa.StructArray.from_arrays([inner], names=["at"])


def times(random: Random, rows: int) -> pa.Array:
    return pa.array([random.choice((0, 1, 86_399_999)) for _ in range(rows)], pa.int32()).view(pa.time32("ms"))


def nothing(random: Random, rows: int) -> pa.Array:
    return pa.nulls(rows)


def maps(random: Random, rows: int) -> pa.Array:
    return pa.array([[("a", 1), ("a", 2)]] * rows, pa.map_(pa.string(), pa.int64()))


ARROW_TYPES: list[Callable[[Random, int], pa.Array]] = [
    instants, instants, durations, dates, unsigned, decimals, floats, binaries, broken_text, texts, nested,
    nested_extremes, times, nothing, maps,
]  # fmt: skip
