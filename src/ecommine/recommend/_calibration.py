"""Chances against what happened, by tenths of the chances."""

from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats, Ints
from .._stats.intervals import normal_quantile, wilson_interval

TENTHS = 10
LEVEL = 0.95


def tenths_of(chance: Floats) -> Ints:
    """Return the tenth of each chance, from 0; equal ones as they stand.

    Examples
    --------
    >>> tenths_of(np.array([0.3, 0.1, 0.2])).tolist()
    [6, 0, 3]
    """
    place = np.empty(len(chance), dtype=np.int64)
    place[np.argsort(chance, kind="stable")] = np.arange(len(chance))
    return place * TENTHS // max(len(chance), 1)


def calibration_columns(calibration: tuple[Floats, Bools] | None) -> dict[str, Any]:
    """Return the columns of the table, the last row over all."""
    if calibration is None or not len(calibration[0]):
        nothing = np.zeros(0)
        names = ("predicted", "actual", "actual_low", "actual_high")
        return {
            "tenth": np.zeros(0, np.int64),
            "recommendations": np.zeros(0, np.int64),
            **dict.fromkeys(names, nothing),
        }
    chance, happened = calibration
    tenth = tenths_of(chance)
    sums = [np.bincount(tenth, values, minlength=TENTHS) for values in (np.ones(len(tenth)), chance, happened)]
    n, predicted, actual = (np.append(values, values.sum()) for values in sums)
    has = np.maximum(n, 1)
    low, high = wilson_interval(actual / has, n, normal_quantile(LEVEL))
    return {
        "tenth": [*range(1, TENTHS + 1), None],
        "recommendations": n.astype(np.int64),
        "predicted": np.where(n > 0, predicted / has, np.nan),
        "actual": np.where(n > 0, actual / has, np.nan),
        "actual_low": low,
        "actual_high": high,
    }
