"""The rules in words: how many are real, which is the strongest, and what to do with it."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.tables import join_products
from ..._core.texts import Locale, counted, is_known, join_sentences, percent

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No rules were found in {orders}: lower `min_support`.",
        "untested": "{rules} found in {orders}; none of them was tested.",
        "all chance": "None of the {rules} found in {orders} exceeds what chance brings together in orders of these "
        "sizes: do not act on them.",
        "apart": "{customers} with most of the orders left out of the test.",
        "few": "The {rules} found in {orders} could not be tested: too few customers placed them.",
        "real": "Of {rules} in {orders}, {real:,} {exceed} better than every shorter rule.",
        "best": "The strongest: {confidence} of orders with {a} also contain {b} ({count}, {lift:.1f} times as many as "
        "expected by chance). Show them side by side, and do not discount both at once.",
    },
    "zh": {
        "none": "在{orders}中没有找到规则：请降低最低支持度。",
        "untested": "在{orders}中找到{rules}，均未检验。",
        "all chance": "{orders}中的{rules}，没有一条超出同等规模订单的随机水平：不要据此行动。",
        "apart": "{customers}占了大部分订单，检验时未计入。",
        "few": "在{orders}中找到{rules}，但下单的顾客太少，无法检验。",
        "real": "{orders}中共有{rules}，其中{real:,}条既显著高于随机水平，又优于任何更短的规则。",
        "best": "最强的一条：含{a}的订单中有{confidence}也含{b}（{count}，是随机水平的{lift:.1f}倍）。"
        "建议放在一起展示，不要同时打折。",
    },
}


def summarize_rules(
    frame: nw.DataFrame[Any],
    n_orders: int,
    *,
    n_apart: int = 0,
    tested: bool,
    names: Mapping[Any, str],
    locale: Locale,
) -> str:
    """Write one to four sentences about a table of rules; ``n_apart`` customers are compared with themselves only."""
    texts, n_real = _TEXTS[locale], int(frame["productive"].sum() or 0)
    numbers = {
        "rules": counted(len(frame), "rule", locale=locale),
        "orders": counted(n_orders, "order", locale=locale),
        "real": n_real,
        "exceed": "exceeds chance and is" if n_real == 1 else "exceed chance and are",
    }
    if not len(frame):
        return texts["none"].format(**numbers)
    if tested and frame["q_value"].is_nan().all():
        return texts["few"].format(**numbers)
    if tested and not n_real:
        return texts["all chance"].format(**numbers)
    first = texts["real" if tested else "untested"].format(**numbers)
    customers = counted(n_apart, "customer", locale=locale)
    apart = [texts["apart"].format(customers=customers)] if n_apart else []
    return join_sentences([first, _strongest(frame, names, locale), *apart], locale=locale)


def _strongest(frame: nw.DataFrame[Any], names: Mapping[Any, str], locale: Locale) -> str:
    rule = frame.head(1).rows(named=True)[0]
    return _TEXTS[locale]["best"].format(
        a=join_products(rule["antecedents"], names),
        b=join_products(rule["consequents"], names),
        confidence=percent(rule["confidence"]),
        count=counted(rule["count"], "order", locale=locale),
        lift=rule["adjusted_lift"] if is_known(rule["adjusted_lift"]) else rule["lift"],
    )
