from datetime import timedelta

from .._core.durations import fixed_length


def parse_fixed_duration(value: str | timedelta, argument: str) -> timedelta:
    """Read a fixed length of time."""
    return fixed_length(value, argument=argument)
