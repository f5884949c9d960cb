"""The simulated system delivers late, repeats and corrects: night by night it gives what one load of all gives."""

from __future__ import annotations

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
