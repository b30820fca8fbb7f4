"""Moments: `as_of` in its spellings, in the shop's own time, and times as whole microseconds. NumPy only at import."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Times
from .checks import show

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

END_OF_DAY = time(23, 59, 59, 999_999)
SECOND = 1_000_000
"""Microseconds in a second."""
DAY = 86_400 * SECOND
"""Microseconds in a day."""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)


def moment(value: object, /, *, argument: str = "as_of") -> datetime:
    """Read a moment; a bare date means the end of that day, so that the whole day counts.

    Parameters
    ----------
    value : datetime, date, pandas.Timestamp or ISO 8601 text
        In the shop's own time, without a zone.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If the text is not ISO 8601, or a zone is attached.

    Examples
    --------
    >>> moment("2024-03-31")
    datetime.datetime(2024, 3, 31, 23, 59, 59, 999999)
    >>> moment("2024-03-31 12:00")
    datetime.datetime(2024, 3, 31, 12, 0)
    """
    read = _from_text(value, argument) if isinstance(value, str) else value
    if isinstance(read, datetime):
        return _naive(read, argument)
    if isinstance(read, date):
        return datetime.combine(read, END_OF_DAY)
    raise TypeError(f"`{argument}` must be a datetime, a date or ISO 8601 text, got {show(value)}")


def moment_to_microseconds(value: datetime | None) -> int:
    """Return the microseconds from 1970 to a naive moment; 0 where there is none.

    Examples
    --------
    >>> moment_to_microseconds(datetime(1970, 1, 2)) == DAY, moment_to_microseconds(None)
    (True, 0)
    """
    return 0 if value is None else (value - _EPOCH) // _MICROSECOND


def length_to_microseconds(length: timedelta) -> int:
    """Return how many microseconds a length of time has.

    Examples
    --------
    >>> length_to_microseconds(timedelta(minutes=1)) // SECOND
    60
    """
    return length // _MICROSECOND


def column_to_microseconds(moments: "nw.Series[Any]") -> Times:
    """Return a column of naive times as microseconds since 1970.

    Returns
    -------
    int64 array of shape (n,)
        The least of all where a time is missing, as NumPy's NaT.

    Examples
    --------
    >>> import narwhals.stable.v2 as nw
    >>> import pandas as pd
    >>> column_to_microseconds(nw.from_native(pd.Series(pd.to_datetime(["1970-01-02"])), series_only=True)).tolist()
    [86400000000]
    """
    return moments.to_numpy().astype("datetime64[us]", copy=False).view(np.int64)


def _from_text(text: str, argument: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"`{argument}` must be ISO 8601 text such as '2024-03-31' or '2024-03-31 12:00', got {show(text)}"
        ) from None


def _naive(value: datetime, argument: str) -> datetime:
    if value != value:  # pandas.NaT is a datetime that equals nothing
        raise ValueError(f"`{argument}` must be a moment, got a missing time")
    if value.tzinfo is not None:
        raise ValueError(f"`{argument}` must be in the shop's own time, without a zone; got {value.isoformat()}")
    # A plain datetime, also from a pandas.Timestamp, whose nanoseconds no table has.
    return datetime(*value.timetuple()[:6], value.microsecond)
