"""Lengths of time that are fixed: no months, whose days differ."""

import re
from datetime import timedelta

from .._core.durations import Duration

_FIXED = re.compile(r"[0-9]+(s|min|h|d|w)")


def parse_fixed_duration(value: str | timedelta, argument: str) -> timedelta:
    """Read a length of time that is the same wherever it begins."""
    if isinstance(value, str) and not _FIXED.fullmatch(value):
        raise ValueError(
            f"`{argument}` must be a fixed length of time, a whole number and s, min, h, d or w, such as '30min' or "
            f"'30d' for a month; got {value!r}"
        )
    return Duration.parse(value, argument=argument).exact
