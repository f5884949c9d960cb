"""Columns made at once: identifiers, texts, draws from weighted values. A number below 0 stands for "none"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def pick(rng: np.random.Generator, weights: Mapping[str, float], size: int) -> pd.Categorical:
    """`size` values drawn by weight (weights need not add up to 1)."""
    share = np.fromiter(weights.values(), dtype=float)
    return pd.Categorical.from_codes(rng.choice(len(share), size, p=share / share.sum()), list(weights))


def named(codes: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    """The name of each code; a code below 0 gives null."""
    return pd.Categorical.from_codes(np.maximum(codes, -1), list(names))


def identifiers(prefix: str, numbers: np.ndarray, width: int = 6) -> pd.api.extensions.ExtensionArray:
    """`prefix` and the zero-padded number of each row; a number below 0 gives null."""
    numbers = np.asarray(numbers)
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers, mask=numbers < 0), pa.string()), width, "0")
    return pd.arrays.ArrowExtensionArray(pc.binary_join_element_wise(prefix, digits, ""))


def joined(*parts: object) -> pd.api.extensions.ExtensionArray:
    """Texts put together row by row from constants and columns; null where any part is null."""
    return pd.arrays.ArrowExtensionArray(pc.binary_join_element_wise(*map(_text, parts), ""))


def _text(part: object) -> pa.Array | str:
    if isinstance(part, str):
        return part
    if isinstance(part, pd.Categorical):
        return pa.array(part).cast(pa.string())
    return pc.cast(pa.array(part, from_pandas=True), pa.string())


def blank(values: object, where: np.ndarray) -> pd.Series:
    """The column with nulls where `where` holds."""
    return pd.Series(values).mask(where)


def whole(numbers: np.ndarray, missing: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Whole numbers with nulls where `missing` holds."""
    return pd.arrays.IntegerArray(np.asarray(numbers, dtype=np.int64).copy(), np.asarray(missing, dtype=bool).copy())


def days_text(dates: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Dates as YYYY-MM-DD."""
    return pd.arrays.ArrowExtensionArray(pa.array(dates.astype("datetime64[D]")).cast(pa.string()))


def lognormal(rng: np.random.Generator, median: float | np.ndarray, sigma: float, size: int) -> np.ndarray:
    """Log-normal values with the given median (a number, or one for each row)."""
    return np.asarray(median) * rng.lognormal(0.0, sigma, size)
