"""Pairs in words: how many are complements or substitutes, the clearest of each, and what to do with them."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.texts import Locale, counted, join_sentences
from .result import column_as_floats

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No pairs can be tested in {orders}: lower `min_support`.",
        "few": "The {pairs} in {orders} could not be tested: too few customers placed them.",
        "all chance": "Of {pairs} in {orders}, none is bought together more or less often than by chance: "
        "do not act on them.",
        "real": "Of {pairs} in {orders}, {n_complements:,} {are} bought together more often than by chance and "
        "{n_substitutes:,} less often.",
        "complement": "The strongest complements are {a} and {b}: {count} with both, {lift:.1f} times as many as "
        "expected by chance (the adjusted lift). Show them side by side, and do not discount both at once.",
        "substitute": "The clearest substitutes are {a} and {b}: {count} with both, {expected:,.0f} expected by "
        "chance. Offer one where the other is sold out.",
        "explained": "Of {pairs} above chance, {n:,} {go} together no more than their categories do.",
        "apart": "{customers} with most of the orders left out of the test.",
        "categories": "{n:,} pair{s} of categories",
    },
    "zh": {
        "none": "{orders}中没有可以检验的组合：请降低最低支持度。",
        "few": "{orders}中的{pairs}无法检验：下单的客户太少。",
        "all chance": "{orders}中的{pairs}，同单次数均未偏离随机水平：不要据此行动。",
        "real": "{orders}中共有{pairs}，其中{n_complements:,}对的同单次数高于随机水平，"
        "{n_substitutes:,}对低于随机水平。",
        "complement": "最强的互补组合是{a}与{b}：{count}同时含两者，是随机水平的{lift:.1f}倍（校正提升度）。"
        "建议放在一起展示，不要同时打折。",
        "substitute": "最明显的替代组合是{a}与{b}：{count}同时含两者，随机水平为{expected:,.0f}笔。"
        "一种缺货时，可推荐另一种。",
        "explained": "高于随机水平的{pairs}中，{n:,}对的关联并不强于其所属品类之间的关联。",
        "apart": "{customers}占了大部分订单，检验时未计入。",
        "categories": "{n:,}对品类",
    },
}


def summarize_pairs(
    frame: nw.DataFrame[Any],
    products: nw.DataFrame[Any] | None,
    n_orders: int,
    *,
    n_apart: int,
    names: Mapping[Any, str],
    locale: Locale,
) -> str:
    """Write one to five sentences about a table of pairs; ``products`` are the product pairs of categories."""
    texts, relation = _TEXTS[locale], frame["relation"].to_list()
    n_complements, n_substitutes = relation.count("complement"), relation.count("substitute")
    numbers: dict[str, Any] = {
        "pairs": _pairs(len(frame), locale, of_categories=products is not None),
        "orders": counted(n_orders, "order", locale=locale),
        "n_complements": n_complements,
        "n_substitutes": n_substitutes,
        "are": "is" if n_complements == 1 else "are",
    }
    if not len(frame):
        return texts["none"].format(**numbers)
    if np.isnan(column_as_floats(frame, "q_value")).all():
        return texts["few"].format(**numbers)
    kinds = [kind for kind in ("complement", "substitute") if kind in relation]
    sentences = [texts["real" if kinds else "all chance"].format(**numbers)]
    sentences += [texts[kind].format(**_first_of(frame, kind, names, locale)) for kind in kinds]
    n_explained = 0 if products is None else int(products["explained"].sum() or 0)
    if products is not None and n_explained:
        pairs, go = _pairs(len(products), locale, of_categories=False), "goes" if n_explained == 1 else "go"
        sentences.append(texts["explained"].format(pairs=pairs, n=n_explained, go=go))
    if n_apart:
        sentences.append(texts["apart"].format(customers=counted(n_apart, "customer", locale=locale)))
    return join_sentences(sentences, locale=locale)


def _pairs(n: int, locale: Locale, *, of_categories: bool) -> str:
    if of_categories:
        return _TEXTS[locale]["categories"].format(n=n, s="" if n == 1 else "s")
    return counted(n, "pair", locale=locale) + ("" if locale == "zh" else " of products")


def _first_of(frame: nw.DataFrame[Any], kind: str, names: Mapping[Any, str], locale: Locale) -> dict[str, Any]:
    """Return what is said of the first pair of a kind, which is the clearest."""
    pair = frame.filter(nw.col("relation") == kind).head(1).rows(named=True)[0]
    a, b = (str(names.get(pair[name], pair[name])) for name in frame.columns[:2])
    count = counted(pair["count"], "order", locale=locale)
    return {"a": a, "b": b, "count": count, "expected": pair["expected"], "lift": pair["adjusted_lift"]}
