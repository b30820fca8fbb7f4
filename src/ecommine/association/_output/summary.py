"""What the rules say, in words."""

from collections.abc import Mapping
from typing import Any, Literal

import narwhals.stable.v2 as nw

from .._names import joined

Locale = Literal["en", "zh"]


def sentences(
    frame: nw.DataFrame[Any], n_orders: int, test: str | None, names: Mapping[Any, str], locale: Locale
) -> str:
    """Write two to four sentences."""
    rows = len(frame)
    real = int(frame["productive"].sum()) if rows else 0
    if not rows:
        return _NONE[locale].format(orders=n_orders)
    if test is None:
        return _UNTESTED[locale].format(rows=rows, orders=n_orders) + _best(frame, names, locale)
    if not real:
        return _NOTHING_REAL[locale].format(rows=rows, orders=n_orders)
    return _REAL[locale].format(rows=rows, real=real, orders=n_orders) + _best(frame, names, locale)


def _best(frame: nw.DataFrame[Any], names: Mapping[Any, str], locale: Locale) -> str:
    best = frame.head(1).rows(named=True)[0]
    chance = best["adjusted_lift"] if best["adjusted_lift"] == best["adjusted_lift"] else best["lift"]
    return _BEST[locale].format(
        a=joined(best["antecedents"], names),
        b=joined(best["consequents"], names),
        confidence=best["confidence"],
        count=best["count"],
        chance=chance,
    )


_NONE = {
    "en": "No rule was found in {orders:,} orders: lower the support.",
    "zh": "在{orders:,}笔订单中没有找到规则：请降低支持度。",
}
_UNTESTED = {
    "en": "{rows:,} rules were found in {orders:,} orders; none was tested. ",
    "zh": "在{orders:,}笔订单中找到{rows:,}条规则，均未检验。",
}
_NOTHING_REAL = {
    "en": "None of {rows:,} rules in {orders:,} orders is more than what orders of these sizes bring together by "
    "chance: do not act on them.",
    "zh": "{orders:,}笔订单中的{rows:,}条规则，没有一条超出同样大小的订单偶然形成的搭配：不要据此行动。",
}
_REAL = {
    "en": "Of {rows:,} rules in {orders:,} orders {real:,} are more than chance and than every shorter rule. ",
    "zh": "{orders:,}笔订单中的{rows:,}条规则里，有{real:,}条既超出偶然，也优于每条更短的规则。",
}
_BEST = {
    "en": "The strongest: who buys {a} also buys {b} in {confidence:.0%} of orders ({count:,} orders, {chance:.1f} "
    "times what chance brings): show them side by side, and do not discount both at once.",
    "zh": "最强的一条：买{a}的订单中有{confidence:.0%}也买{b}（{count:,}笔订单，是偶然情况的{chance:.1f}倍）："
    "把它们放在一起展示，不要同时打折。",
}
