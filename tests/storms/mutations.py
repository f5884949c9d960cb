"""What can be wrong with a file: its values, its names, its bytes, its container. Everything comes from a seed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from dagster_project.warehouse.contract import Feed
from tests.storms.columns import with_column_retyped
from tests.storms.seeds import DELIVERED, FORMATS, packed, rendered, sound_rows
from tests.storms.values import JUNK, NAMES, VALUES


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
        content, done = with_column_retyped(random, content, random.choice([*rows[0], "unknown"]))
        told.append(done)
    return content


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


def members_concatenated(random: Random, content: bytes) -> bytes:
    return content + content


def empty_member_added(random: Random, content: bytes) -> bytes:
    return content + gzip.compress(b"", mtime=0)


def garbage_at_the_end(random: Random, content: bytes) -> bytes:
    return content + random.randbytes(random.choice((1, 9, 300)))


def checksum_wrong(random: Random, content: bytes) -> bytes:
    return content[:-8] + zlib.crc32(content).to_bytes(4, "little") + content[-4:]


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
