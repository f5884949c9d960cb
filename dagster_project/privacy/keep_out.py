"""Deliveries that would bring an erased person back lose them before they are loaded.

The file itself is rewritten, so that neither the warehouse nor the landing zone holds the person again; what is loaded
is what lies there, and the ledger counts that. The same file delivered again is cleaned to the same bytes: no news.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import duckdb

from dagster_project.privacy.erased_list import ErasedList, read_erased
from dagster_project.privacy.landing_files import Change, find
from dagster_project.privacy.landing_zone import rewrite_file
from dagster_project.privacy.person import Person
from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.load.landing import Delivery, Problem, looked_at_again
from dagster_project.warehouse.load.records import Batch, read_batches
from dagster_project.warehouse.load.source import Columns, Source


def keep_out(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    deliveries: Sequence[Delivery],
    problems: list[Problem],
    report: Callable[[str], None],
) -> list[Delivery]:
    """The deliveries of a feed without erased people; those that held any were rewritten. Costs nothing without any."""
    erased = read_erased(settings)
    if not erased.entries:
        return [*deliveries]
    brought_back = _recognised(connection, feed, erased, deliveries)
    return [
        _cleaned(settings, feed, delivery, brought_back[index], problems, report) if index in brought_back else delivery
        for index, delivery in enumerate(deliveries)
    ]


def _recognised(
    connection: duckdb.DuckDBPyConnection, feed: Feed, erased: ErasedList, deliveries: Sequence[Delivery]
) -> dict[int, Person]:
    """Whom of the erased each delivery holds, by its position; the records are searched set-wise, by their text."""
    found: dict[int, set[str]] = defaultdict(set)
    sources = [Source(index, delivery) for index, delivery in enumerate(deliveries)]
    columns = Columns(Columns.of(feed).known, required=frozenset())  # a file that lacks some is searched all the same
    for batch in read_batches(sources, columns):
        connection.register("searched", batch.table)
        for shape in erased.shapes:
            for index, text in _candidates(connection, batch, shape):
                found[index].add(text)
        connection.unregister("searched")
    people = {index: erased.recognised(texts) for index, texts in found.items()}
    return {index: person for index, person in people.items() if person}


def _candidates(connection: duckdb.DuckDBPyConnection, batch: Batch, shape: str) -> Iterator[tuple[int, str]]:
    columns = [f"c{index}" for index in range(len(batch.header))] if batch.form == "parquet" else ["text"]
    texts = ", ".join(f"{column}::varchar" for column in columns)
    pattern = f"(?:^|[^0-9A-Za-z])({shape})".replace("'", "''")
    yield from connection.execute(f"""
        with texts as (select _file_id, concat_ws(chr(10), {texts}) as text from searched)
        select distinct _file_id, unnest(regexp_extract_all(concat_ws(chr(10), text, {_SPELT_OUT}), '{pattern}', 1))
        from texts
    """).fetchall()


# SQL: a text with characters that JSON spells by their numbers, wherever it stands in it. Quotes, control characters,
# other escapes and halves of a pair of numbers become spaces, so that the whole is the text of one value.
_SPELT_OUT = r"""
    case when contains(text, '\u') then json_extract_string('"' || replace(replace(regexp_replace(
        regexp_replace(regexp_replace(text, '\\[^u]', ' ', 'g'), '["\x00-\x1f]', ' ', 'g'),
        '\\u([0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})', chr(1) || '\1', 'g'
    ), '\', ' '), chr(1), '\u') || '"', '$') end
"""


def _cleaned(
    settings: Settings,
    feed: Feed,
    delivery: Delivery,
    person: Person,
    problems: list[Problem],
    report: Callable[[str], None],
) -> Delivery:
    change = find(delivery, feed, person)
    where = f"{feed.name}/dt={delivery.dt}/{delivery.file}"
    if change.is_broken:
        advice = "can't be read to its end and may hold an erased person: deliver it again sound, or remove it"
        problems.append(Problem(str(delivery.path), advice))
    elif change:
        rewrite_file(delivery, feed, person, lambda rewritten: None)
        _write_down(settings, where, change)
        report(f"{where}: {len(change.removed)} records of erased people kept out, {change.redacted} redacted")
        return looked_at_again(delivery)
    return delivery


def _write_down(settings: Settings, where: str, change: Change) -> None:
    """Evidence, beside the receipts of the erasures themselves."""
    settings.receipts.mkdir(mode=0o700, parents=True, exist_ok=True)
    entry = {
        "kept_out_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": where,
        "removed": len(change.removed),
        "redacted": change.redacted,
    }
    with open(settings.receipts / "kept_out.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
