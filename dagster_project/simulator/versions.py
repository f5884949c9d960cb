"""Versions of a thing from its first state and its changes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def version_rows(rows: Sequence[pd.DataFrame], thing: str, at: str) -> pd.DataFrame:
    """One row per thing and instant, each the full state: what a change leaves out stays as it was.

    `rows` are frames with the columns `thing` (its number), `at` (when) and what changes; the first state comes first.
    """
    states = pd.concat(rows, ignore_index=True).sort_values([thing, at], kind="stable", ignore_index=True)
    kept = [column for column in states.columns if column not in (thing, at)]
    states[kept] = states.groupby(thing)[kept].ffill()
    return states.drop_duplicates([thing, at], keep="last", ignore_index=True)
