"""Records of CSV, taken apart by columns, against a slow reader of one record at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.warehouse.load.comma_separated import CsvSplit, with_fields
from tests.storms.oracle import csv_fields

WIDTH = 2
# what a record goes wrong by, and pieces of sound ones, so that most are sound
PIECES = ["a", "é", ",", '"', "\n", "\r", "\r\n", "\0", " ", "\ufeff", "NULL", "a,b\n", '"a",b\r\n', 'a,"b""\n,"\n']


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.integers(1, 4))
@example('"a",b\r\r\n', 1)
@example('"a"\rb,c\na,b\n', 3)
@example('a,"b"c\n', 1)
@example('a,b"\n"c,d\n', 2)
@example("\n\r\n,\na,b,c\n", 2)
@example("\ufeffa,b\n\ufeffc,d\n", 1)
def test_fields_are_those_of_a_slow_reader(content: str, records_in_a_batch: int) -> None:
    content += "\n"
    data = content.encode()
    piece = CsvSplit()(np.frombuffer(data, dtype=np.uint8), 1, True)
    records = [data[start:end].decode() for start, end in zip([0, *piece.ends], piece.ends, strict=False)]
    damage = [piece.damage.get(index) for index in range(len(records))]
    table = pa.table({"text": pa.array(records), "_damage": pa.array(damage, pa.string())})
    found = [
        (row["text"], row["c0"], row["c1"], row["_fields"] or [row["c0"], row["c1"]], row["_damage"])
        for batch in table.to_batches(max_chunksize=records_in_a_batch)
        for part in with_fields(batch, WIDTH)
        for row in part.to_pylist()
    ]
    assert sorted(found, key=repr) == sorted(map(_expected, records, damage), key=repr)


def _expected(record: str, known: str | None) -> tuple:
    fields = csv_fields(record)
    if fields is None:
        return record, None, None, [None, None], known or "malformed quotes"
    if len(fields) != WIDTH:
        return record, None, None, fields, known or "another number of fields than the header's 2"
    return record, *fields, fields, known
