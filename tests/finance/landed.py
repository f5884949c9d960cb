"""The rows that the loader keeps, for plain counting."""

from __future__ import annotations

from datetime import date

from tests.finance.plain import Facts
from tests.incremental.nights import Nights

FEEDS = ("users", "subscriptions", "exchange_rates", "payments", "refunds", "marketing_spend")


def landed(night: Nights, as_of: date) -> Facts:
    """All rows of the feeds that finance is counted from, in the columns of their contracts."""
    return Facts(night.settings.reporting, as_of, **{feed: _rows(night, feed) for feed in FEEDS})


def _rows(night: Nights, feed: str) -> list[dict]:
    names = f"select column_name from duckdb_columns() where schema_name = 'raw' and table_name = '{feed}'"
    columns = [name for (name,) in night.query(names)]
    return [dict(zip(columns, row, strict=True)) for row in night.query(f"select * from raw.{feed}")]
