"""Display names of columns and segments; codes in the tables themselves are never translated."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from .._core.frames import Frame
from ._segments import Locale, Segment

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


def labelled(frame: Frame, segments: Sequence[Segment], locale: Locale) -> Frame:
    """Put display names in place of codes, lazily if the frame is lazy."""
    names = frame.collect_schema().names()
    shown = {"segment": _translated("segment", [(s.code, s.display(locale)) for s in segments])}
    if "action" in names:
        shown["action"] = _translated("segment", [(s.code, s.advice(locale)) for s in segments])
    return frame.with_columns(**shown).rename({name: column_name(name, locale) for name in names})


def _translated(column: str, pairs: Sequence[tuple[str, str]]) -> nw.Expr:
    chain = nw.lit("")
    for code, text in reversed(pairs):
        chain = nw.when(nw.col(column) == code).then(nw.lit(text)).otherwise(chain)
    return chain
