"""The moment up to which a call counts: `as_of` in its spellings, in the shop's own time."""

from datetime import date, datetime, time

END_OF_DAY = time(23, 59, 59, 999_999)


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
    raise TypeError(f"`{argument}` must be a datetime, a date or ISO 8601 text, got {value!r}")


def _from_text(text: str, argument: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"`{argument}` must be ISO 8601 text such as '2024-03-31' or '2024-03-31 12:00', got {text!r}"
        ) from None


def _naive(value: datetime, argument: str) -> datetime:
    if value != value:  # pandas.NaT is a datetime that equals nothing
        raise ValueError(f"`{argument}` must be a moment, got a missing time")
    if value.tzinfo is not None:
        raise ValueError(f"`{argument}` must be in the shop's own time, without a zone; got {value.isoformat()}")
    # A plain datetime, also from a pandas.Timestamp, whose nanoseconds no table has.
    return datetime(*value.timetuple()[:6], value.microsecond)
