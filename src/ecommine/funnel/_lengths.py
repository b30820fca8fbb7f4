"""Lengths of time that are fixed: no months, whose days differ."""

from datetime import timedelta

from .._core.durations import Duration


def exact(value: str | timedelta, argument: str) -> timedelta:
    """Read a length of time that is the same wherever it begins."""
    parsed = Duration.parse(value, argument=argument)
    if parsed.months:
        raise ValueError(f"`{argument}` must be a fixed length of time, got {value!r}: give days, such as '30d'")
    return parsed.exact
