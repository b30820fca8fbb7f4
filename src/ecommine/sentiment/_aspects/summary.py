"""The summary of aspects: what is mentioned, what stands out, what changed, and what to mind."""

from typing import Any

import numpy as np

from ..._core.texts import Locale, counted, join_sentences, join_words, percent
from .data import AspectData
from .mentions import NO_TIME
from .word_lists import label

SHOWN = 3
"""Aspects, products or changes that a sentence names."""
MIN_EXCESS = 1.0
"""Negative mentions above what is expected, from which on a product is named."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No review has a text in English or Chinese that is an opinion.",
        "mentioned": "Most mentioned in {opinions}: {aspects}.",
        "aspect": "{aspect} ({share})",
        "stars": "The mean rating is {mean:.2f} of 5 stars, from {n}.",
        "excess": "Worse than elsewhere: {products}.",
        "product": "{aspect} of product {product} ({excess:.0f} more negative mentions than expected, in {opinions})",
        "changes": "Changed beyond chance: {changes}.",
        "change": "negative mentions of {aspect}{product} in the period from {start:%Y-%m-%d}{partial}, from {before} "
        "to {after} of the opinions ({difference:+.1f} points, between {low:+.1f} and {high:+.1f})",
        "of": " of product {product}",
        "partial": ", which is not over",
        "no_change": "No change from one period to the next is beyond chance, in {n}.",
        "caution": "What is called negative is the model's word: compare products and periods with it, and take levels "
        "from stars.",
    },
    "zh": {
        "none": "没有可分析的中文或英文评价内容。",
        "mentioned": "{opinions}中提到最多的是{aspects}。",
        "aspect": "{aspect}（{share}）",
        "stars": "平均评分为{mean:.2f}星（满分5星），共{n}个评分。",
        "excess": "差于同类的有：{products}。",
        "product": "商品{product}的{aspect}（在{opinions}中，负面提及比预期多{excess:.0f}条）",
        "changes": "显著变化：{changes}。",
        "change": "{start:%Y-%m-%d}起的一期{partial}{product}{aspect}的负面提及占比由{before}变为{after}"
        "（{difference:+.1f}个百分点，区间{low:+.1f}至{high:+.1f}）",
        "of": "商品{product}的",
        "partial": "（尚未结束）",
        "no_change": "在{n}次相邻两期的比较中，没有显著变化。",
        "caution": "负面与否由模型判断：适合比较商品与时期，总体水平请以星级为准。",
    },
}


def aspect_sentences(data: AspectData, level: float, locale: Locale) -> str:
    """Return three to five sentences."""
    if not len(data.opinions):
        return _TEXTS[locale]["none"]
    parts = [_mentioned(data, locale), *_stars(data, locale), *_excess(data, locale), *_changes(data, level, locale)]
    return join_sentences([*parts, _TEXTS[locale]["caution"]], locale=locale)


def _opinion_count(n: int, locale: Locale) -> str:
    return counted(n, "opinion") if locale == "en" else f"{n:,}条评价"


def _mentioned(data: AspectData, locale: Locale) -> str:
    mentions, n = data.overall.mentions[0], len(data.opinions)
    order = sorted(range(len(mentions)), key=lambda i: (-mentions[i], i))[:SHOWN]
    named = [
        _TEXTS[locale]["aspect"].format(aspect=label(data.names[i], locale), share=percent(round(mentions[i] / n, 3)))
        for i in order
        if mentions[i]
    ]
    if not named:
        named = ["no aspect of the lists" if locale == "en" else "列表之外的内容"]
    return _TEXTS[locale]["mentioned"].format(
        opinions=_opinion_count(n, locale), aspects=join_words(named, locale=locale)
    )


def _stars(data: AspectData, locale: Locale) -> list[str]:
    known = data.rated.rating[~np.isnan(data.rated.rating)]
    if not len(known):
        return []
    n = counted(len(known), "rating") if locale == "en" else f"{len(known):,}"
    return [_TEXTS[locale]["stars"].format(mean=known.mean(), n=n)]


def _excess(data: AspectData, locale: Locale) -> list[str]:
    """Return the products and aspects with the largest excess of negative mentions."""
    if not data.has_product:
        return []
    excess = np.where(data.by_product.opinions[:, None] >= data.min_reviews, np.nan_to_num(data.excess.excess), 0.0)
    largest = sorted(np.argwhere(excess >= MIN_EXCESS).tolist(), key=lambda at: (-excess[tuple(at)], at))[:SHOWN]
    named = [
        _TEXTS[locale]["product"].format(
            aspect=label(data.names[aspect], locale),
            product=data.products[product],
            excess=excess[product, aspect],
            opinions=_opinion_count(int(data.by_product.opinions[product]), locale),
        )
        for product, aspect in largest
    ]
    return [_TEXTS[locale]["excess"].format(products=join_words(named, locale=locale))] if named else []


def _changes(data: AspectData, level: float, locale: Locale) -> list[str]:
    """Return the clearest changes, or that there are none where periods were compared."""
    changes, texts = data.changes, _TEXTS[locale]
    if not np.isfinite(changes.p_value).any():
        return []
    clear = np.flatnonzero(data.q_value <= 1 - level)
    if not len(clear):
        n = int(np.isfinite(changes.p_value).sum())
        return [texts["no_change"].format(n=counted(n, "comparison") if locale == "en" else f"{n:,}")]
    order = sorted(clear.tolist(), key=lambda i: (changes.p_value[i], changes.product[i], changes.aspect[i]))[:SHOWN]
    named = [_change(data, i, level, locale) for i in order]
    joint = "; " if locale == "en" else "；"
    return [texts["changes"].format(changes=joint.join(named))]


def _change(data: AspectData, i: int, level: float, locale: Locale) -> str:
    changes, texts = data.changes, _TEXTS[locale]
    low, high = changes.limits(level)
    product, period = int(changes.product[i]), changes.period[i : i + 1]
    start: Any = data.starts(period)[0].item()
    return texts["change"].format(
        aspect=label(data.names[changes.aspect[i]], locale),
        product="" if product < 0 else texts["of"].format(product=data.products[product]),
        start=start,
        partial=texts["partial"] if int(period[0]) >= data.first_open > NO_TIME else "",
        before=percent(round(changes.negative_before[i] / changes.before[i], 3)),
        after=percent(round(changes.negative_after[i] / changes.after[i], 3)),
        difference=100 * changes.difference[i],
        low=100 * low[i],
        high=100 * high[i],
    )
