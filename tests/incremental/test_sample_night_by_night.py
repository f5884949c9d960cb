"""The simulated system delivers late, repeats and corrects: night by night it gives what one load of all gives."""

from __future__ import annotations

import duckdb

from dagster_project.warehouse.fingerprint import Description, describe
from tests.incremental.nights import Nights, differences


def test_every_published_table_is_equal_cell_by_cell(sample: tuple[Nights, Nights]) -> None:
    assert differences(*sample) == {}


def test_the_tables_that_are_compared_are_filled(sample: tuple[Nights, Nights]) -> None:
    nightly, _ = sample
    empty = [table for table in nightly.tables() if nightly.query(f"select count(*) from {table}") == [(0,)]]
    assert empty == []


def test_the_nights_took_in_only_what_changed(sample: tuple[Nights, Nights]) -> None:
    nightly, at_once = sample
    assert nightly.query("select count(*) > 0 from changed.payments") == [(True,)]
    assert at_once.query("select count(*) from changed.payments") == [(0,)]
    total = nightly.query("select count(*) from raw.payments")
    assert nightly.query("select count(*) from changed.payments") < total


def test_tables_that_were_filled_anew_have_the_form_and_the_words_of_tables_made_anew(
    sample: tuple[Nights, Nights],
) -> None:
    nightly, at_once = map(described, sample)
    assert nightly == at_once
    assert nightly["finance.mrr_monthly"].column_comments.keys() == nightly["finance.mrr_monthly"].columns.keys()


def described(nights: Nights) -> dict[str, Description]:
    with duckdb.connect(str(nights.settings.candidate), read_only=True) as connection:
        found = describe(connection, nights.settings.candidate.stem)
    return {table: found[table] for table in nights.tables()}
