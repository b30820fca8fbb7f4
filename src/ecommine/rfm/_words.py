"""Words that every text of the topic shares: counts with their nouns, and the time that a result is of."""

import re
from datetime import datetime, timedelta

from .._core.checks import counted
from ._segments import Locale

_UNITS: dict[str, tuple[str, str]] = {
    "s": ("second", "秒"),
    "min": ("minute", "分钟"),
    "h": ("hour", "小时"),
    "d": ("day", "天"),
    "w": ("week", "周"),
    "mo": ("month", "个月"),
    "q": ("quarter", "个季度"),
    "y": ("year", "年"),
}


def span(period: str | timedelta | None, as_of: datetime, locale: Locale) -> str:
    """Name the time that a result is of.

    Examples
    --------
    >>> span("6mo", datetime(2024, 6, 30), "en"), span("6mo", datetime(2024, 6, 30), "zh")
    ('6 months to 2024-06-30', '截至2024-06-30的6个月')
    >>> span(None, datetime(2024, 6, 30), "en")
    'up to 2024-06-30'
    """
    day = f"{as_of:%Y-%m-%d}"
    if period is None:
        return f"up to {day}" if locale == "en" else f"截至{day}"
    length = _length(period, locale)
    return f"{length} to {day}" if locale == "en" else f"截至{day}的{length}"


def _length(period: str | timedelta, locale: Locale) -> str:
    if isinstance(period, timedelta):
        if period % timedelta(days=1):
            return str(period)
        period = f"{period.days}d"
    count, unit = re.findall("[0-9]+|[a-z]+", period)
    english, chinese = _UNITS[unit]
    return counted(int(count), english) if locale == "en" else f"{int(count):,}{chinese}"
