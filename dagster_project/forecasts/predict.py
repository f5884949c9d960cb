"""What a figure will be: exponential smoothing, or the value of the season before where that was nearer the truth.

The smoothing is an ETS model with additive errors, damped additive trend and, for days, an additive week (Hyndman,
Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing", 2008), of the root of counts and amounts, whose
scatter does not grow with their size (Anscombe 1948), and of rates and levels themselves. Both ways forecast the last
periods of the history from what was before; the one with the smaller mean absolute error forecasts the future from all
of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["count", "amount", "rate", "level"]

# Of a normal distribution: 8 in 10 values lie within so many standard deviations.
EIGHT_IN_TEN = 1.2815515655446004
SMOOTHING, SEASONAL_NAIVE = "exponential smoothing", "season before"


@dataclass(frozen=True)
class Grain:
    """How periods are forecast: `season` periods are one, `tested` of them are held out, `ahead` are forecast.

    With fewer than `least` periods nothing is said; no more than `most`, the newest, are looked at.
    """

    season: int
    tested: int
    ahead: int
    least: int
    most: int


DAY = Grain(season=7, tested=28, ahead=84, least=70, most=364)
MONTH = Grain(season=1, tested=3, ahead=6, least=12, most=120)


@dataclass(frozen=True)
class Forecast:
    """Medians with the bounds within which 8 in 10 are expected, oldest first, and how the two ways did when tested.

    Errors are mean absolute errors over the mean of the tested values (WAPE); null where these are all zero.
    """

    value: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    method: str
    error: float | None
    naive_error: float | None


@dataclass(frozen=True)
class _Path:
    """Mean and standard deviation of each period ahead, as the method sees values."""

    mean: np.ndarray
    deviation: np.ndarray


def forecast(history: np.ndarray, kind: Kind, grain: Grain) -> Forecast | None:
    """Forecast `grain.ahead` periods after `history` (a value for every period, none missing, oldest first).

    None with less history than the grain needs. Raises ValueError where a value is missing.
    """
    if not np.isfinite(history).all():
        raise ValueError("expected a value for every period")
    if len(history) < grain.least:
        return None
    seen = _seen(history[-grain.most :].astype(float), kind)
    known, tested = seen[: -grain.tested], _told(seen[-grain.tested :], kind)
    errors = {}
    for method, way in _WAYS.items():
        path = way(known, grain, grain.tested)
        if path is not None:
            errors[method] = float(np.abs(_told(path.mean, kind) - tested).mean())
    method = min(errors, key=lambda name: errors[name])
    path = _WAYS[method](seen, grain, grain.ahead)
    if path is None:
        method = SEASONAL_NAIVE
        path = _season_before(seen, grain, grain.ahead)
    size = float(np.abs(tested).mean())
    return Forecast(
        value=_told(path.mean, kind),
        lowest=_told(path.mean - EIGHT_IN_TEN * path.deviation, kind),
        highest=_told(path.mean + EIGHT_IN_TEN * path.deviation, kind),
        method=method,
        error=errors[method] / size if size else None,
        naive_error=errors[SEASONAL_NAIVE] / size if size else None,
    )


def _seen(values: np.ndarray, kind: Kind) -> np.ndarray:
    """As the methods see them."""
    return np.sqrt(np.maximum(values, 0)) if kind in ("count", "amount") else values


def _told(values: np.ndarray, kind: Kind) -> np.ndarray:
    """As people see them, within what is possible."""
    if kind in ("count", "amount"):
        return np.maximum(values, 0) ** 2
    return np.clip(values, 0, 1 if kind == "rate" else None)


def _season_before(seen: np.ndarray, grain: Grain, ahead: int) -> _Path:
    """Each period as the newest of the same place in the season; uncertainty grows with each season passed."""
    places = np.arange(ahead)
    changes = seen[grain.season :] - seen[: -grain.season]
    passed = places // grain.season + 1
    return _Path(seen[-grain.season :][places % grain.season], np.sqrt(np.mean(changes**2) * passed))


def _smoothed(seen: np.ndarray, grain: Grain, ahead: int) -> _Path | None:
    """None where the model can't be fitted."""
    # a second, which a night with nothing new to forecast does not spend
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    season = {"seasonal": "add", "seasonal_periods": grain.season} if grain.season > 1 else {}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of convergence: the test of the last periods judges
            model = ETSModel(pd.Series(seen), error="add", trend="add", damped_trend=True, **season)
            found = model.fit(disp=False).get_prediction(start=len(seen), end=len(seen) + ahead - 1)
            mean, deviation = np.asarray(found.predicted_mean), np.sqrt(np.asarray(found.forecast_variance))
    except Exception:  # whatever the fit of one series comes upon, the season before says something of it
        return None
    return _Path(mean, deviation) if np.isfinite(mean).all() and np.isfinite(deviation).all() else None


_WAYS: dict[str, Callable[[np.ndarray, Grain, int], _Path | None]] = {
    SEASONAL_NAIVE: _season_before,
    SMOOTHING: _smoothed,
}
