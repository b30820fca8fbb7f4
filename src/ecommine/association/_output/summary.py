"""Results in words: how many rules or itemsets there are, which is the strongest, and what to do with it."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.tables import join_products, product_text
from ..._core.texts import Locale, counted, is_known, join_sentences, percent, within_in_words

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
        "expected by chance: {measure}). Show them side by side, and do not discount both at once.",
    },
    "zh": {
        "none": "在{orders}中没有找到规则：请降低最低支持度。",
        "untested": "在{orders}中找到{rules}，均未检验。",
        "all chance": "{orders}中的{rules}，没有一条超出同等规模订单的随机水平：不要据此行动。",
        "apart": "{customers}占了大部分订单，检验时未计入。",
        "few": "在{orders}中找到{rules}，但下单的顾客太少，无法检验。",
        "real": "{orders}中共有{rules}，其中{real:,}条既显著高于随机水平，又优于任何更短的规则。",
        "best": "最强的一条：含{a}的订单中有{confidence}也含{b}（{count}，是随机水平的{lift:.1f}倍，即{measure}）。"
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
        **_lift(rule, locale),
    )


_LIFTS: dict[Locale, tuple[str, str]] = {"en": ("the adjusted lift", "the lift"), "zh": ("校正提升度", "提升度")}


def _lift(rule: Mapping[str, Any], locale: Locale) -> dict[str, Any]:
    """Return the lift that a sentence shows, and which of the two it is."""
    is_adjusted = is_known(rule["adjusted_lift"])
    return {
        "lift": rule["adjusted_lift"] if is_adjusted else rule["lift"],
        "measure": _LIFTS[locale][0 if is_adjusted else 1],
    }


_ITEMSET_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No itemset is in at least {least} of {orders}: lower `min_support`.",
        "found": "{itemsets} {verb} in at least {least} of {orders}.",
        "pair": "Most often bought together: {products}, in {count} ({share}). What is popular is together often by "
        "itself: `rules` tests which goes with which.",
        "single": "No two products are among them; most often bought is {products}, in {count} ({share}).",
    },
    "zh": {
        "none": "在{orders}中，没有商品组合出现在至少{least}笔订单中：请降低最低支持度。",
        "found": "在{orders}中，共有{itemsets}出现在至少{least}笔订单中。",
        "pair": "最常一起购买的是{products}：{count}（{share}）。"
        "畅销商品本来就常常同时出现，是否真有关联请用 `rules` 检验。",
        "single": "其中没有两种商品的组合；购买最多的是{products}：{count}（{share}）。",
    },
}


def summarize_itemsets(
    frame: nw.DataFrame[Any], n_orders: int, least: int, *, names: Mapping[Any, str], locale: Locale
) -> str:
    """Write one or two sentences about a table of itemsets."""
    texts, n = _ITEMSET_TEXTS[locale], len(frame)
    words = {
        "orders": counted(n_orders, "order", locale=locale),
        "least": f"{least:,}",
        "itemsets": counted(n, "itemset", locale=locale),
        "verb": "is" if n == 1 else "are",
    }
    if not n:
        return texts["none"].format(**words)
    pairs = frame.filter(nw.col("size") > 1)
    best = (pairs if len(pairs) else frame).head(1).rows(named=True)[0]
    strongest = texts["pair" if len(pairs) else "single"].format(
        products=join_products(best["itemset"], names),
        count=counted(best["count"], "order", locale=locale),
        share=percent(best["support"]),
    )
    return join_sentences([texts["found"].format(**words), strongest], locale=locale)


_NEXT_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No product is bought after another {within} often enough in {orders}: lower `min_support`.",
        "all chance": "None of the {rules} {within} exceeds what chance brings in {orders}: do not act on them.",
        "real": "Of {rules} {within} in {orders}, {real:,} {exceed} chance.",
        "best": "The strongest: {confidence} of orders with {a} are followed by one with {b} ({count}, {lift:.1f} "
        "times as many as expected by chance: {measure}), half of them within {days:.0f} days: remind buyers of it "
        "about then.",
    },
    "zh": {
        "none": "在{orders}中，{within}没有足够多的后续购买：请降低最低支持度。",
        "all chance": "{orders}中{within}的{rules}，没有一条超出随机水平：不要据此行动。",
        "real": "{orders}中{within}共有{rules}，其中{real:,}条显著高于随机水平。",
        "best": "最强的一条：含{a}的订单中，有{confidence}之后又购买了{b}（{count}，是随机水平的{lift:.1f}倍，"
        "即{measure}），其中一半在{days:.0f}天之内：建议在此前后提醒顾客。",
    },
}


def summarize_next_orders(
    frame: nw.DataFrame[Any],
    n_orders: int,
    within: str,
    *,
    alpha: float,
    names: Mapping[Any, str],
    locale: Locale,
) -> str:
    """Write one or two sentences about rules from one order to a later one."""
    texts, real = _NEXT_TEXTS[locale], frame.filter(nw.col("q_value") < alpha)
    words = {
        "orders": counted(n_orders, "order", locale=locale),
        "rules": counted(len(frame), "rule", locale=locale),
        "within": within_in_words(within, locale),
        "real": len(real),
        "exceed": "exceeds" if len(real) == 1 else "exceed",
    }
    if not len(frame) or not len(real):
        return texts["all chance" if len(frame) else "none"].format(**words)
    others = real.filter(nw.col("antecedent") != nw.col("consequent"))
    best = (others if len(others) else real).head(1).rows(named=True)[0]
    strongest = texts["best"].format(
        a=product_text(best["antecedent"], names),
        b=product_text(best["consequent"], names),
        confidence=percent(best["confidence"]),
        count=counted(best["count"], "order", locale=locale),
        **_lift(best, locale),
        days=best["gap_median"],
    )
    return join_sentences([texts["real"].format(**words), strongest], locale=locale)


_COMPARISON_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No rule is real in either of the two.",
        "same": "Of {rules}, none differs for certain between the two.",
        "found": "Of {rules}, {new:,} {are_new} new, {dead:,} no longer {hold} and {changed:,} {have} changed.",
        "best": "The largest change: the lift of {b} given {a} went from {before:.1f} to {after:.1f}.",
    },
    "zh": {
        "none": "两者都没有显著的规则。",
        "same": "{rules}中，没有一条在两者之间有显著差异。",
        "found": "{rules}中，新出现{new:,}条，消失{dead:,}条，变化{changed:,}条。",
        "best": "变化最大的一条：购买{a}时{b}的提升度由{before:.1f}变为{after:.1f}。",
    },
}


def summarize_comparison(frame: nw.DataFrame[Any], *, names: Mapping[Any, str], locale: Locale) -> str:
    """Write one or two sentences about rules of two periods or segments."""
    texts = _COMPARISON_TEXTS[locale]
    if not len(frame):
        return texts["none"]
    counts = {status: int((frame["status"] == status).sum()) for status in ("new", "dead", "changed")}
    rules = counted(len(frame), "rule", locale=locale)
    moved = frame.filter(nw.col("status").is_in(list(counts)))
    if not len(moved):
        return texts["same"].format(rules=rules)
    verbs = {"are_new": "is" if counts["new"] == 1 else "are", "hold": "holds" if counts["dead"] == 1 else "hold"}
    found = texts["found"].format(rules=rules, have="has" if counts["changed"] == 1 else "have", **verbs, **counts)
    first = moved.with_columns(__move=nw.col("lift_ratio").log().abs()).sort("__move", descending=True, nulls_last=True)
    best = first.head(1).rows(named=True)[0]
    strongest = texts["best"].format(
        a=join_products(best["antecedents"], names),
        b=join_products(best["consequents"], names),
        before=best["lift_before"],
        after=best["lift_after"],
    )
    is_shown = is_known(best["lift_before"]) and is_known(best["lift_after"])
    return join_sentences([found, strongest] if is_shown else [found], locale=locale)
