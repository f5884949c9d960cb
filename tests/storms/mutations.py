"""What can be wrong with a file: its values, its names, its bytes, its container. Everything comes from a seed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

import numpy as np
import pyarrow as pa

from dagster_project.warehouse.contract import Feed
from tests.storms.seeds import DELIVERED, FORMATS, as_parquet, packed, rendered, sound_rows

VALUES: list[object] = [
    None, "", " ", "\t", 0, 1, -1, 12.5, 1e3, -0.0, 10**15, 10**30, 2**63, -(2**63), 1e308, 5e-324, True, False, [], {},
    ["a"], {"a": {"b": [1, None]}}, "NaN", "Infinity", "-inf", "nan", "1e5", "1_000", "0x1F", "1,5", " 7 ", "+7", "007",
    "12.0", "12.000000000001", "1e400", "yes", "no", "1", "0", "TRUE", "null", "None", "undefined", "infinity", "epoch",
    "today", "0000-00-00", "0000-00-00T00:00:00Z", "0001-01-01", "0001-01-01T00:00:00Z", "9999-12-31",
    "9999-12-31T23:59:59Z", "10000-01-01", "10000-01-01T00:00:00Z", "2024-02-30", "2024-03-01 (BC)", "24-03-01",
    "2024-03-01T25:00:00Z", "2024-03-01T10:00:00+99:00", "2024-03-01T10:00:00+14:00", "2024-03-01T10:00:00.1234567890Z",
    "2024-03-01T23:59:60Z", "2024-03-01t10:00:00z", "2024-W09-5", "20240301", "03/01/2024", "1709287200000",
    1709287200000, 99_999_999_999, 253_402_300_799_999, 253_402_300_800_000, 9223372036854775807, -1709287200000,
    "'; drop table raw.events; --", '"; attach \'/etc/passwd\' as x; --', "${WAREHOUSE_PII_KEY}",
    "{{ env_var('HOME') }}",     "=cmd|' /C calc'!A0", "@SUM(1+1)", "\u202eevil", "\ufeffbom", "a\u0000b", "\x1b[31mred", "é", "e\u0301", "😀",
    "\ud800",     "line\nbreak", "carriage\rreturn", 'quo"te', "com,ma", "back\\slash", "%s%n", "../../etc/passwd", "x" * 5_000,
]  # fmt: skip
NAMES = [
    "", " ", "x", "_file_id", "_line", "_extra", "_damage", "c0", "rowid", "select", "Ünïcode", "a\u0301", "a.b", "a b",
    "it's", 'quo"te', "x); drop table raw.events; --", "k" * 3_000, "event_id", "EVENT_ID", "user_id", "\u202erid",
    "*", "$", "a:b", "null", "new\nline", "ta\tb",
]  # fmt: skip
JUNK = [
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b'""', b"\r", b"\r\n", b"\n", b"\n\n", b",", b"{", b"}", b"[", b"\\",
    b"\t",     b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\x1a", b"'", b"null", b"NaN", b"//", b"\xf0\x9f\x98", b",,,,", b"[" * 3_000,
    b'{"a":' * 2_000, b"9" * 400, b"\x0b\x0c", b" \t\r\n",
]  # fmt: skip


@dataclass(frozen=True)
class Mutated:
    """One file of the storm; `seed` and `number` make it again."""

    feed: str
    dt: date
    name: str
    content: bytes
    told: str


def mutated(contracts: dict[str, Feed], seed: int, number: int) -> Mutated:
    """The file of this number: sound rows of some feed in some format, with up to four things wrong."""
    random = Random(f"{seed}-{number}")
    feed = contracts[random.choice(sorted(contracts))]
    extension = random.choice(FORMATS)
    rows = [dict(row) for row in random.choices(sound_rows()[feed.name], k=random.randint(1, 12))]
    _make_own(feed, number, rows)
    told = []
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        mutate = random.choice(ON_ROWS)
        mutate(random, rows)
        told.append(mutate.__name__)
    content = _as_bytes(random, feed, extension, rows, told)
    is_text = extension != "parquet"
    for _ in range(random.choice((0, 0, 1, 2)) if is_text else 0):
        mutate = random.choice(ON_TEXT)
        content = mutate(random, content)
        told.append(mutate.__name__)
    content = packed(extension, content)
    if random.random() < (0.15 if extension.endswith(("gz", "zst")) else 0.35 if not is_text else 0.02):
        mutate = random.choice(ON_CONTAINERS)
        content = mutate(random, content)
        told.append(mutate.__name__)
    return Mutated(feed.name, DELIVERED, f"{number:06}.{extension}", content, f"{seed}-{number}: {', '.join(told)}")


def _make_own(feed: Feed, number: int, rows: list[dict]) -> None:
    """Keys and personal data of this file's own, so that nothing is a duplicate by the way, and leaks can be found."""
    own = feed.key[0]
    is_text = next(c.data_type for c in feed.columns if c.name == own) == "varchar"
    for index, row in enumerate(rows):
        if is_text and own != "currency":
            row[own] = f"{number}-{index}-{row[own]}"
        for column in feed.columns:
            if column.pii:
                row[column.name] = f"secret-{number}@example.org" if column.name == "email" else "203.0.113.77"


def _as_bytes(random: Random, feed: Feed, extension: str, rows: list[dict], told: list[str]) -> bytes:
    content = rendered(feed, extension, rows)
    if extension == "parquet" and random.random() < 0.5:
        name = random.choice([*rows[0], "unknown"]) if rows and rows[0] else "unknown"
        retyped = random.choice(ARROW_TYPES)
        told.append(f"{name} as {retyped.__name__}")
        content = _with_column(random, content, name, retyped(random, _rows_of(content)))
    return content


def _rows_of(content: bytes) -> int:
    return _table(content).num_rows


def _table(content: bytes) -> pa.Table:
    import io

    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(content))


def _with_column(random: Random, content: bytes, name: str, column: pa.Array) -> bytes:
    columns = dict(zip(_table(content).column_names, _table(content).columns, strict=True))
    try:
        return as_parquet(columns | {name: column})
    except pa.ArrowException:
        return content


# --- rows


def another_value(random: Random, rows: list[dict]) -> None:
    row = random.choice(rows)
    if row:
        row[random.choice(sorted(row))] = random.choice(VALUES)


def another_value_in_all_rows(random: Random, rows: list[dict]) -> None:
    name, value = random.choice(sorted(rows[0]) or ["x"]), random.choice(VALUES)
    for row in rows:
        row[name] = value


def a_column_less(random: Random, rows: list[dict]) -> None:
    name = random.choice(sorted(rows[0]) or ["x"])
    for row in rows[random.randint(0, len(rows)) :]:
        row.pop(name, None)


def a_column_renamed(random: Random, rows: list[dict]) -> None:
    name = random.choice(sorted(rows[0]) or ["x"])
    other = random.choice([name.upper(), f" {name} ", name + "\u0301", random.choice(NAMES)])
    for row in rows:
        if name in row:
            row[other] = row.pop(name)


def a_column_more(random: Random, rows: list[dict]) -> None:
    name = random.choice(NAMES)
    for row in random.choices(rows, k=len(rows)):
        row[name] = random.choice(VALUES)


def many_columns_more(random: Random, rows: list[dict]) -> None:
    rows[0].update({f"more_{index}": index for index in range(random.choice((3, 60)))})


def a_row_twice(random: Random, rows: list[dict]) -> None:
    rows.append(dict(random.choice(rows)))


def values_swapped(random: Random, rows: list[dict]) -> None:
    row = random.choice(rows)
    if len(row) > 1:
        one, other = random.sample(sorted(row), 2)
        row[one], row[other] = row[other], row[one]


# --- text


def junk_inserted(random: Random, content: bytes) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + random.choice(JUNK) + content[at:]


def bytes_flipped(random: Random, content: bytes) -> bytes:
    flipped = bytearray(content)
    for _ in range(random.choice((1, 1, 5, 40))):
        if flipped:
            flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def cut(random: Random, content: bytes) -> bytes:
    return content[: random.randint(0, len(content))]


def head_cut(random: Random, content: bytes) -> bytes:
    return content[random.randint(0, min(len(content), 80)) :]


def lines_joined(random: Random, content: bytes) -> bytes:
    return content.replace(b"\n", random.choice((b"", b",", b" ", b"\r")), random.choice((1, 1, 100)))


def line_split(random: Random, content: bytes) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + b"\n" + content[at:]


def windows_line_ends(random: Random, content: bytes) -> bytes:
    return content.replace(b"\n", random.choice((b"\r\n", b"\r\r\n")))


def byte_order_mark(random: Random, content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def other_encoding(random: Random, content: bytes) -> bytes:
    return content.decode("utf-8", "replace").encode(random.choice(("utf-16", "latin-1", "cp037")), "replace")


def lines_shuffled(random: Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def quotes_everywhere(random: Random, content: bytes) -> bytes:
    return b"\n".join(line.replace(b",", b'","') for line in content.split(b"\n"))


def a_part_repeated(random: Random, content: bytes) -> bytes:
    start, end = sorted((random.randint(0, len(content)), random.randint(0, len(content))))
    return content[:end] + content[start:]


# --- containers


def members_concatenated(random: Random, content: bytes) -> bytes:
    return content + content


def empty_member_added(random: Random, content: bytes) -> bytes:
    return content + gzip.compress(b"", mtime=0)


def garbage_at_the_end(random: Random, content: bytes) -> bytes:
    return content + random.randbytes(random.choice((1, 9, 300)))


def checksum_wrong(random: Random, content: bytes) -> bytes:
    return content[:-8] + zlib.crc32(content).to_bytes(4, "little") + content[-4:]


# --- Parquet types


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


OnRows, OnBytes = Callable[[Random, list[dict]], None], Callable[[Random, bytes], bytes]
ON_ROWS: list[OnRows] = [
    another_value, another_value, another_value, another_value_in_all_rows, a_column_less, a_column_renamed,
    a_column_more, many_columns_more, a_row_twice, values_swapped,
]  # fmt: skip
ON_TEXT: list[OnBytes] = [
    junk_inserted, junk_inserted, bytes_flipped, cut, head_cut, lines_joined, line_split, windows_line_ends,
    byte_order_mark, other_encoding, lines_shuffled, quotes_everywhere, a_part_repeated,
]  # fmt: skip
ON_CONTAINERS: list[OnBytes] = [
    bytes_flipped, cut, head_cut, members_concatenated, empty_member_added, garbage_at_the_end, checksum_wrong,
]  # fmt: skip
ARROW_TYPES: list[Callable[[Random, int], pa.Array]] = [
    instants, instants, durations, dates, unsigned, decimals, floats, binaries, broken_text, texts, nested,
    nested_extremes, times, nothing, maps,
]  # fmt: skip
