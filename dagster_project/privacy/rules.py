"""What becomes of one record that may concern the person; the tables of the candidate lose the same in tables.py."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dagster_project.privacy.person import Person
from dagster_project.warehouse.contract import Column, Feed


def may_name(column: Column) -> bool:
    """Whether values that keep the column's contract may name anybody: not where they are of a list or of a form."""
    return column.data_type in ("varchar", "json") and not column.accepted_values and column.pattern is None


def may_be_a_word(column: Column) -> bool:
    """Whether a value that is nothing but a word is what it says, see Person.words; not in a text, nor in JSON."""
    return column.data_type != "json" and column.person != "text"


def owners(feed: Feed) -> list[Column]:
    """The columns that say whose row it is."""
    return [column for column in feed.columns if column.person == "owner"]


def traces(feed: Feed) -> list[Column]:
    """The columns that lead to the person whose rows their values are found in."""
    return [column for column in feed.columns if column.person == "trace" or column.pii]


def is_fixed(feed: Feed, name: str) -> bool:
    """Whether the column can't lose its value without the row losing its meaning."""
    return name in feed.key or any(column.name == name and column.required for column in feed.columns)


def is_owned(feed: Feed, record: Mapping[str, Any], ids: frozenset[str]) -> bool:
    """Whether the record is the person's own."""
    return any(as_text(record.get(column.name)) in ids for column in owners(feed))


def cleaned(feed: Feed, record: Mapping[str, Any], person: Person) -> dict[str, Any] | None:
    """The columns that must change, with their new values (nothing changes: an empty dict), or None: the record goes.

    The person's own records go. Any other keeps what it says of others: a value of the person is taken out of it, and
    only where that value makes the record what it is, the record goes too.
    """
    if is_owned(feed, record, person.ids):
        return None
    is_others = any(as_text(record.get(column.name)) for column in owners(feed))
    columns = {column.name: column for column in feed.columns}
    changed: dict[str, Any] = {}
    for name, value in record.items():
        column = columns.get(name)
        if column and _is_the_persons(column, value, person, is_others):
            new = None
        elif column and ((column.pii and is_others) or _is_no_name(column, as_text(value), person)):
            continue  # somebody else's, or nobody's
        else:
            new = redacted(value, person)
        if new != value:
            if name in feed.key or (new is None and is_fixed(feed, name)):
                return None
            changed[name] = new
    return changed


def _is_the_persons(column: Column, value: object, person: Person, is_others: bool) -> bool:
    text = as_text(value)
    if column.person == "mention":
        return text in person.ids
    return (column.person == "trace" or column.pii) and not is_others and text in person.values


def _is_no_name(column: Column, text: str, person: Person) -> bool:
    """Whether a value is what its column is for, although the person's id may be written so or in it."""
    is_of_the_form = column.pattern is not None and re.fullmatch(column.pattern, text) is not None
    is_word = may_be_a_word(column) and text.lower() in person.words
    is_anothers = column.holds_ids and text not in person.values
    return is_anothers or text in column.accepted_values or is_of_the_form or is_word


def redacted(value: Any, person: Person) -> Any:
    """The value with the person taken out of all text in it, names of members included."""
    if isinstance(value, str):
        return _redacted_json(person.redacted(value), person)
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        return person.redacted(text).encode() if person.is_in(text) else value
    if isinstance(value, Mapping):
        return {redacted(name, person): redacted(member, person) for name, member in value.items()}
    if isinstance(value, list):
        return [redacted(member, person) for member in value]
    return value


def _redacted_json(text: str, person: Person) -> str:
    """A text that is JSON and spells characters by their numbers, in which the loader sees the person all the same."""
    if "\\u" not in text:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    cleaned = redacted(value, person)
    return text if cleaned == value else json.dumps(cleaned, ensure_ascii=False)


def as_text(value: object) -> str:
    """A value as the loader takes it for text; nothing is ''."""
    return "" if value is None else value if isinstance(value, str) else str(value)
