"""Equal rows counted once: a million customers have far fewer distinct histories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Groups:
    """Distinct rows: the position of one row of each, how many rows each has, and the group of every row."""

    first: np.ndarray
    sizes: np.ndarray
    of_row: np.ndarray


def group(*columns: np.ndarray) -> Groups:
    """Group the rows that are equal in all `columns` (of one length)."""
    keys = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        # numbered anew after each column, so that the product can't overflow
        keys = np.unique(keys * len(values) + codes, return_inverse=True)[1]
    _, first, of_row, sizes = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return Groups(first, sizes, of_row)
