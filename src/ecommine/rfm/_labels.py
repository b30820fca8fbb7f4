"""Display names of columns, segments and periods; codes in the tables themselves are never translated."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from .._core.frames import Frame
from .._core.texts import Locale, duration_in_words
from ._segments import Segment

COLUMNS_EN = {"recency": "Recency (days)", "median_recency": "Median recency (days)"}
COLUMNS_ZH = {
    "customer_id": "客户",
    "recency": "距上次下单天数",
    "frequency": "订单数",
    "monetary": "消费金额",
    "first_order_at": "首次下单时间",
    "last_order_at": "最近下单时间",
    "average_order_value": "客单价",
    "recency_score": "R得分",
    "frequency_score": "F得分",
    "monetary_score": "M得分",
    "rfm_score": "RFM得分",
    "weighted_score": "加权得分",
    "segment": "客户群",
    "customers": "客户数",
    "share": "客户占比",
    "orders": "订单数",
    "money": "金额",
    "share_of_money": "金额占比",
    "median_recency": "距上次下单天数（中位数）",
    "action": "建议",
}


def column_name(name: str, locale: Locale) -> str:
    """Return a column's heading.

    Examples
    --------
    >>> column_name("share_of_money", "en"), column_name("share_of_money", "zh")
    ('Share of money', '金额占比')
    """
    english = COLUMNS_EN.get(name) or name.replace("_", " ").capitalize().replace("Rfm", "RFM")
    return COLUMNS_ZH.get(name, english) if locale == "zh" else english


def period_in_words(period: str | timedelta | None, as_of: datetime, locale: Locale) -> str:
    """Return the period of a result in words.

    Examples
    --------
    >>> period_in_words("6mo", datetime(2024, 6, 30), "en"), period_in_words("6mo", datetime(2024, 6, 30), "zh")
    ('6 months to 2024-06-30', '截至2024-06-30的6个月')
    >>> period_in_words(None, datetime(2024, 6, 30), "en")
    'up to 2024-06-30'
    """
    day = f"{as_of:%Y-%m-%d}"
    if period is None:
        return f"up to {day}" if locale == "en" else f"截至{day}"
    length = duration_in_words(period, locale)
    return f"{length} to {day}" if locale == "en" else f"截至{day}的{length}"


def labelled(frame: Frame, segments: Sequence[Segment], locale: Locale) -> Frame:
    """Return the table with display names in place of codes and column names, lazily if the frame is lazy."""
    names = frame.collect_schema().names()
    return _with_names(frame, segments, locale).rename({name: column_name(name, locale) for name in names})


def named(frame: Frame, segments: Sequence[Segment], locale: Locale) -> Any:
    """Return the caller's table with display names in place of codes."""
    return _with_names(frame, segments, locale).to_native()


def _with_names(frame: Frame, segments: Sequence[Segment], locale: Locale) -> Frame:
    names = frame.collect_schema().names()
    display = {"segment": _translated("segment", [(s.code, s.display(locale)) for s in segments])}
    if "action" in names:
        display["action"] = _translated("segment", [(s.code, s.advice(locale)) for s in segments])
    return frame.with_columns(**display)


def _translated(column: str, pairs: Sequence[tuple[str, str]]) -> nw.Expr:
    chain = nw.lit("")
    for code, text in reversed(pairs):
        chain = nw.when(nw.col(column) == code).then(nw.lit(text)).otherwise(chain)
    return chain
