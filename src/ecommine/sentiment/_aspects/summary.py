"""The summary of aspects: what is mentioned, what stands out, what changed, and what to mind."""

from typing import Any

import numpy as np

from ..._core.texts import Locale, counted, join_sentences, join_words, percent
from .._columns import NO_TIME
from .data import AspectData
from .word_lists import label

SHOWN = 3
"""Aspects, products or changes that a sentence names."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "No review has a text in English or Chinese that is an opinion.",
        "mentioned": "Most mentioned in {opinions}: {aspects}.",
        "aspect": "{aspect} ({share})",
        "stars": "The mean rating is {mean:.2f} of 5 stars, from {n}.",
        "excess": "Worse than elsewhere beyond chance: {products}.",
        "product": "{aspect} of product {product} ({excess} than expected, in {opinions})",
        "no_excess": "No product is worse than the others in any aspect beyond chance, in {n}.",
        "changes": "Changed beyond chance: {changes}.",
        "change": "negative mentions of {aspect}{product} in the period from {start:%Y-%m-%d}{partial}, from {before} "
        "to {after} of the opinions ({difference:+.1f} points, between {low:+.1f} and {high:+.1f})",
        "of": " of product {product}",
        "partial": ", which is not over",
        "no_change": "No change from one period to the next is beyond chance, in {n}.",
        "caution": "What is called negative is the model's word: compare products and periods with it{levels}.",
        "levels": ", and take levels from stars",
    },
    "zh": {
        "none": "没有可分析的中文或英文评价内容。",
        "mentioned": "{opinions}中提到最多的是{aspects}。",
        "aspect": "{aspect}（{share}）",
        "stars": "平均评分为{mean:.2f}星（满分5星），共{n}个评分。",
        "excess": "显著差于同类的有：{products}。",
        "product": "商品{product}的{aspect}（在{opinions}中，负面提及比预期多{excess}）",
        "no_excess": "在{n}次比较中，没有商品在任何方面显著差于同类。",
        "changes": "显著变化：{changes}。",
        "change": "{start:%Y-%m-%d}起的一期{partial}{product}{aspect}的负面提及占比由{before}变为{after}"
        "（{difference:+.1f}个百分点，区间{low:+.1f}至{high:+.1f}）",
        "of": "商品{product}的",
        "partial": "（尚未结束）",
        "no_change": "在{n}次相邻两期的比较中，没有显著变化。",
        "caution": "负面与否由模型判断：适合比较商品与时期{levels}。",
        "levels": "，总体水平请以星级为准",
    },
}


def aspect_sentences(data: AspectData, locale: Locale) -> str:
    """Return three to five sentences."""
    texts = _TEXTS[locale]
    if not len(data.opinions):
        return texts["none"]
    stars = _stars(data, locale)
    caution = texts["caution"].format(levels=texts["levels"] if stars else "")
    parts = [_mentioned(data, locale), *stars, *_excess(data, locale), *_changes(data, locale), caution]
    return join_sentences(parts, locale=locale)


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
    """Return the products that are worse than others of their category beyond chance, or that there is none."""
    texts, excess = _TEXTS[locale], data.excess.excess
    n = int(np.isfinite(data.excess.p_value).sum())
    if not data.has_product or not n:
        return []
    clear = np.argwhere((data.excess_q_value <= 1 - data.level) & (excess > 0)).tolist()
    if not clear:
        return [texts["no_excess"].format(n=_comparisons(n, locale))]
    named = [
        texts["product"].format(
            aspect=label(data.names[aspect], locale),
            product=data.products[product],
            excess=_mention_count(max(round(excess[product, aspect]), 1), locale),
            opinions=_opinion_count(int(data.by_product.opinions[product]), locale),
        )
        for product, aspect in sorted(clear, key=lambda at: (-excess[tuple(at)], at))[:SHOWN]
    ]
    return [texts["excess"].format(products=join_words(named, locale=locale))]


def _mention_count(n: int, locale: Locale) -> str:
    return counted(n, "more negative mention") if locale == "en" else f"{n:,}条"


def _comparisons(n: int, locale: Locale) -> str:
    return counted(n, "comparison") if locale == "en" else f"{n:,}"


def _changes(data: AspectData, locale: Locale) -> list[str]:
    """Return the clearest changes, or that there are none where periods were compared."""
    changes, texts = data.changes, _TEXTS[locale]
    if not np.isfinite(changes.p_value).any():
        return []
    clear = np.flatnonzero(data.q_value <= 1 - data.level)
    if not len(clear):
        return [texts["no_change"].format(n=_comparisons(int(np.isfinite(changes.p_value).sum()), locale))]
    order = sorted(clear.tolist(), key=lambda i: (changes.p_value[i], changes.product[i], changes.aspect[i]))[:SHOWN]
    named = [_change(data, i, locale) for i in order]
    joint = "; " if locale == "en" else "；"
    return [texts["changes"].format(changes=joint.join(named))]


def _change(data: AspectData, i: int, locale: Locale) -> str:
    changes, texts = data.changes, _TEXTS[locale]
    low, high = changes.limits(data.level)
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
