"""Which records go, which lose a value, and how values are found in text."""

from __future__ import annotations

import hashlib
import re

import duckdb
import pytest

from dagster_project.privacy.erased_list import ErasedList, shape
from dagster_project.privacy.person import Person
from dagster_project.privacy.rules import cleaned
from dagster_project.privacy.tables import clean_table, known
from dagster_project.warehouse.contract import read_contracts

FEEDS = read_contracts()
ANNA = Person(frozenset(["u-1"]), frozenset(["anna@example.com", "203.0.113.7", "2001:db8::7", "s1"]))


@pytest.mark.parametrize(
    ("feed", "record", "expected"),
    [
        ("events", {"event_id": "e1", "user_id": "u-1"}, None),
        ("events", {"event_id": "e1", "user_id": "u-2"}, {}),
        ("events", {"event_id": "e1", "user_id": None, "session_id": "s1"}, {"session_id": None}),
        ("events", {"event_id": "e1", "user_id": "u-2", "session_id": "s1"}, {}),  # somebody else's, of the same name
        ("events", {"event_id": "by u-1", "user_id": "u-2"}, None),  # a key can't change
        ("events", {"event_id": "e1", "properties": {"a": ["u-1"]}}, {"properties": {"a": ["(erased)"]}}),
        ("events", {"event_id": "e1", "properties": '{"a": "\\u0075-1"}'}, {"properties": '{"a": "(erased)"}'}),
        ("groups", {"group_id": "g1", "owner_user_id": "u-1"}, {"owner_user_id": None}),
        ("refunds", {"refund_id": "r1", "attempt_id": "s1"}, None),  # required, and leads to the person
        ("audit_log", {"audit_id": "a1", "actor": "kim", "object_id": "u-1"}, {"object_id": None}),
        ("api_requests", {"request_id": "r1", "user_id": "u-2", "ip": "203.0.113.7"}, {}),
        ("api_requests", {"request_id": "r1", "user_id": "", "ip": "203.0.113.7"}, {"ip": None}),
        ("app_logs", {"log_id": "l1", "message": "from 203.0.113.7"}, {"message": "from (erased)"}),
        ("metric_samples", {"source": "s", "labels": {"user": "u-1"}}, None),  # part of the key
    ],
)
def test_a_persons_records_go_and_others_lose_the_person(feed: str, record: dict, expected: dict | None) -> None:
    assert cleaned(FEEDS[feed], record, ANNA) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u-1", "(erased)"),
        ("u-12 xu-1 u-1", "u-12 xu-1 (erased)"),
        ("u-1,u-1 u-1", "(erased),(erased) (erased)"),
        ("id_u-1_x", "id_(erased)_x"),
        ("<ANNA@example.com>", "<(erased)>"),
        ("/reset?to=anna%40example.com&x", "/reset?to=(erased)&x"),
        ("joanna@example.com", "joanna@example.com"),
        ("203.0.113.77 203.0.113.7:443", "203.0.113.77 (erased):443"),
        ("[2001:db8::7]", "[(erased)]"),
        ("s1 is short for anything", "s1 is short for anything"),
    ],
)
def test_values_are_found_in_text_by_python_and_duckdb_alike(text: str, expected: str) -> None:
    replaced = duckdb.execute(
        "select regexp_replace(regexp_replace($text, $p, '\\1(erased)\\3', 'g'), $p, '\\1(erased)\\3', 'g')",
        {"text": text, "p": ANNA.sql_pattern},
    ).fetchall()

    assert ANNA.redacted(text) == expected
    assert replaced == [(expected,)]
    assert ANNA.is_in(text) == (text != expected)
    assert ANNA.may_be_in(text.encode()) or text == expected


def test_a_number_for_an_id_is_looked_for_in_columns_alone() -> None:
    person = Person(frozenset(["42"]))

    assert person.redacted("42 rows") == "42 rows"
    assert duckdb.execute("select regexp_matches('42 rows', ?)", [person.sql_pattern]).fetchall() == [(False,)]
    assert cleaned(FEEDS["events"], {"event_id": "e1", "user_id": 42}, person) is None
    assert person.may_be_in(b'{"event_id":"e1","user_id":42}')


@pytest.mark.parametrize(
    ("user_id", "feed", "record", "expected"),
    [
        ("ron", "exchange_rates", {"currency": "RON", "rate_date": "2024-03-01", "rate": 0.2}, {}),
        ("ron", "payments", {"attempt_id": "p1", "user_id": "k7", "currency": "RON", "failure_code": "ron"}, {}),
        ("ron", "app_logs", {"log_id": "l1", "message": "Ron paid"}, {"message": "(erased) paid"}),
        ("ron", "audit_log", {"audit_id": "a1", "actor": "kim", "object_id": "ron"}, {"object_id": None}),
        ("card", "payments", {"attempt_id": "p1", "user_id": "k7", "method": "card"}, {}),
        ("card", "payments", {"attempt_id": "p1", "user_id": "card", "method": "card"}, None),
        ("bill", "payments", {"attempt_id": "p1", "user_id": "k7", "kind": "bill"}, {}),
        ("1000001", "payments", {"attempt_id": "1000001", "user_id": "k7", "payment_id": "1000001"}, {}),
        ("1000001", "events", {"event_id": "e1", "page": "/users/1000001"}, {"page": "/users/(erased)"}),
        ("u-1", "payments", {"attempt_id": "p1", "user_id": "k7", "failure_code": "u-1"}, {"failure_code": "(erased)"}),
        ("anna", "users", {"user_id": "anna.lee"}, {}),
        ("anna", "groups", {"group_id": "g1", "owner_user_id": "anna-2", "name": "Anna"}, {"name": "(erased)"}),
        ("1000001", "security_events", {"security_event_id": "s1", "target": "1000001"}, {"target": "(erased)"}),
        ("anna", "events", {"event_id": "e1", "properties": {"by": "anna"}}, {"properties": {"by": "(erased)"}}),
    ],
)
def test_a_value_that_happens_to_be_written_like_an_id_stays_what_it_is(
    user_id: str, feed: str, record: dict, expected: dict | None
) -> None:
    """A currency, a method, the key of a payment, a longer id; a mention in a text, JSON or a column of people goes."""
    assert cleaned(FEEDS[feed], record, Person(frozenset([user_id]))) == expected


@pytest.mark.parametrize(
    "value", ["u-000005", "auth0|5f7c", "Jörg", "anna.lee+x@mail.example.com", "203.0.113.7", "::1"]
)
def test_a_shape_finds_its_value_among_others(value: str) -> None:
    text = f'{{"a":"u-000004 {value} b","c":"{value}"}}'
    found = duckdb.execute(
        "select unnest(regexp_extract_all(?, ?, 1))", [text, f"(?:^|[^0-9A-Za-z])({shape(value)})"]
    ).fetchall()

    assert (value,) in found
    assert re.search(shape(value), text)


def test_the_list_holds_hashes_alone_and_recognises_what_it_holds() -> None:
    erased = ErasedList(frozenset(), hashlib.sha256(b"key").digest()).with_person(ANNA)

    assert not any("anna" in repr(entry) or "u-1" in entry.hash for entry in erased.entries)
    assert erased.holds("u-1") and not erased.holds("u-2")
    assert erased.recognised(["u-2", "kim@example.com"]) is None
    assert erased.recognised(["u-1", "Anna%40example.com"]) == Person(
        frozenset(["u-1"]), frozenset(["Anna@example.com"])
    )


def test_subjects_and_visitors_of_models_go_by_kind_and_id() -> None:
    """Also a number too short for texts, and no longer id of another."""
    subjects = ["user 42", "actor 42", "target 42", "user 421", "source ab12", "user anna", "user anna.lee"]
    person = Person(frozenset(["42", "anna"]))
    with duckdb.connect() as connection, known(connection, person):
        connection.execute("create schema security")
        connection.execute("create table security.violations as select unnest(?) as subject", [subjects])
        clean_table(connection, "memory", '"security"."violations"', person)
        left = [subject for (subject,) in connection.execute("from security.violations").fetchall()]

    assert left == [
        "user (erased)",
        "actor (erased)",
        "target 42",
        "user 421",
        "source ab12",
        "user (erased)",
        "user anna.lee",
    ]
