"""Calendar periods of days, as arrays."""

import numpy as np

from .._core.arrays import Ints
from ..schema._for_topics import Every

_MONTHS: dict[str, int] = {"1mo": 1, "1q": 3, "1y": 12}
_TO_MONDAY = 3
"""Days from a Monday to 1970-01-01, a Thursday."""


def period_numbers(days: Ints, every: Every) -> Ints:
    """Return the number of the period of each day, counted from 1970.

    Examples
    --------
    >>> period_numbers(np.array([0, 30, 31, 366]), "1mo").tolist(), period_numbers(np.array([3, 4]), "1w").tolist()
    ([0, 0, 1, 12], [0, 1])
    """
    if every in _MONTHS:
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return months // _MONTHS[every]
    return days if every == "1d" else (days + _TO_MONDAY) // 7


def first_days(numbers: Ints, every: Every) -> Ints:
    """Return the first day of each period.

    Examples
    --------
    >>> first_days(np.array([1, 12]), "1mo").tolist(), first_days(np.array([1]), "1w").tolist()
    ([31, 365], [4])
    """
    if every in _MONTHS:
        months = (numbers * _MONTHS[every]).astype("datetime64[M]")
        return months.astype("datetime64[D]").astype(np.int64)
    return numbers if every == "1d" else numbers * 7 - _TO_MONDAY
