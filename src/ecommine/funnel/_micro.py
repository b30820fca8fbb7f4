"""Times as whole microseconds, in which all of the topic counts."""

from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

SECOND = 1_000_000
DAY = 86_400 * SECOND
Times = np.ndarray[Any, np.dtype[np.int64]]


def moment_to_microseconds(moment: datetime | None) -> int:
    """Return the microseconds since 1970; 0 where there is no moment.

    Examples
    --------
    >>> moment_to_microseconds(datetime(1970, 1, 2)) // SECOND
    86400
    """
    return 0 if moment is None else (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def length_to_microseconds(length: timedelta) -> int:
    """Return how many microseconds a length of time has.

    Examples
    --------
    >>> length_to_microseconds(timedelta(minutes=1)) // SECOND
    60
    """
    return length // timedelta(microseconds=1)


def column_to_microseconds(moments: nw.Series[Any]) -> Times:
    """Return a column of times as microseconds since 1970."""
    return moments.to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
