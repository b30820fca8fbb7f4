"""Summaries: what a price change does and how sure that is; what new prices bring and risk."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.arrays import Floats
from .._core.texts import Locale, counted, join_sentences, join_words, measured, percent
from .._stats.shrinkage import Shrunk
from ._checks import CORRELATION
from ._notes import REASONS
from ._options import FitOptions
from ._panel import Panel
from ._prices.optimal import LIMITS, Choice
from ._regression.estimates import Estimates

RISKY = 0.25
"""Chance of a loss, above which a price is called risky."""
LEAST_SHOWN = 0.001
"""Chance that is written as a number."""
_LIMITS_ZH = {
    "max_change": "最大调价幅度",
    "seen_prices": "历史价格范围",
    "bounds": "给定的上下限",
}
_LIMITS_EN = {
    "max_change": "the largest change",
    "seen_prices": "prices seen so far",
    "bounds": "the given bounds",
}
_OBJECTIVES_ZH = {"profit": "利润", "revenue": "销售额", "units": "销量"}


def elasticity_sentences(panel: Panel, options: FitOptions, raw: Estimates, shrunk: Shrunk, locale: Locale) -> str:
    """Return what a price change does, where it is most and least felt, what is not known, and what to mind."""
    texts = _TEXTS[locale]
    is_known = np.isfinite(shrunk.mean)
    subject = "product" if options.by == "product_id" else "group"
    total = counted(panel.n_groups, subject, locale=locale)
    parts, is_shrunk = [], shrunk.is_drawn
    if is_known.any():
        mean = float(shrunk.mean[is_known].mean())
        units = percent(abs(np.expm1(mean * np.log(1.1))))
        direction = texts["fewer" if mean < 0 else "more"]
        parts.append(
            texts["mean"].format(
                shrunk=texts["shrunk"] * is_shrunk,
                known=_count(int(is_known.sum()), subject, locale),
                total=total,
                mean=mean,
                units=units,
                direction=direction,
            )
        )
        parts += _categories(panel, shrunk.mean, is_known, locale)
        if is_shrunk:
            own = float(np.nanmean(shrunk.weight[is_known]))
            parts.append(texts["weight"].format(own=percent(round(own, 2)), rest=percent(round(1 - own, 2))))
    parts += _unknown(raw.reasons, subject, locale)
    shift = CORRELATION * np.sqrt(raw.row_variance) / np.where(raw.free_spread > 0, raw.free_spread, np.nan)
    if np.isfinite(shift[is_known]).any():
        parts.append(texts["caution"].format(shift=float(np.nanmedian(shift[is_known]))))
    return join_sentences(parts or [texts["nothing"]], locale=locale)


def price_sentences(choice: Choice, names: Sequence[Any], objective: str, locale: Locale) -> str:
    """Return what the prices bring together, the best one, the risk, and the limits."""
    texts = _TEXTS[locale]
    is_known = np.isfinite(choice.price)
    if not is_known.any():
        return str(texts["no_prices"])
    money = texts["objective"][objective] if locale == "en" else _OBJECTIVES_ZH[objective]
    total = float(choice.change[is_known].sum())
    n = int(is_known.sum())
    parts = [texts["total"].format(products=counted(n, "product", locale=locale), money=money, total=total)]
    best = int(np.nanargmax(choice.change))
    parts.append(
        texts["best"].format(
            name=names[best],
            price=choice.price[best],
            change=choice.change[best],
            loss=_chance(float(choice.loss_probability[best])),
        )
    )
    risky = int((choice.loss_probability[is_known] > RISKY).sum())
    parts.append(texts["risk"].format(n=risky, share=percent(RISKY), money=money))
    parts += _limits(choice.limited_by[is_known], locale)
    return join_sentences(parts, locale=locale)


def _categories(panel: Panel, mean: Floats, is_known: Any, locale: Locale) -> list[str]:
    """Return a sentence on the categories of the strongest and the weakest response, where there are several."""
    codes = panel.category[is_known]
    present = [code for code in np.unique(codes).tolist() if code >= 0]
    if len(present) < 2:
        return []
    means = {code: float(mean[is_known][codes == code].mean()) for code in present}
    strongest, weakest = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    if f"{means[strongest]:.2f}" == f"{means[weakest]:.2f}":
        return []
    labels = panel.categories.tolist()
    return [
        _TEXTS[locale]["categories"].format(
            strongest=labels[strongest], most=means[strongest], weakest=labels[weakest], least=means[weakest]
        )
    ]


def _unknown(reasons: Sequence[str | None], subject: str, locale: Locale) -> list[str]:
    counts = Counter(reason for reason in reasons if reason is not None and reason != "few_clusters")
    if not counts:
        return []
    reason, n = counts.most_common(1)[0]
    words = REASONS[reason][0 if locale == "en" else 1]
    total, most = counted(sum(counts.values()), subject, locale=locale), _count(n, subject, locale)
    return [_TEXTS[locale]["unknown" if len(counts) > 1 else "unknown_all"].format(n=total, most=most, reason=words)]


def _chance(probability: float) -> str:
    return percent(round(probability, 3)) if probability >= LEAST_SHOWN else f"<{percent(LEAST_SHOWN)}"


def _count(number: int, noun: str, locale: Locale) -> str:
    """Return a count, in Chinese with the measure word of what is counted."""
    return f"{number:,}" if locale == "en" else measured(number, noun)


def _limits(limited_by: Any, locale: Locale) -> list[str]:
    counts = np.bincount(limited_by[limited_by >= 0], minlength=len(LIMITS))
    if not counts.any():
        return []
    words = [
        f"{_LIMITS_EN[name]} ({count:,})" if locale == "en" else f"{_LIMITS_ZH[name]}（{count:,}种）"
        for name, count in zip(LIMITS, counts.tolist(), strict=True)
        if count
    ]
    return [_TEXTS[locale]["limits"].format(n=int(counts.sum()), limits=join_words(words, locale=locale))]


_TEXTS: dict[Locale, dict[str, Any]] = {
    "en": {
        "mean": "The price elasticity of {known} of {total} is known; its mean{shrunk} is {mean:.2f}: a price 10% "
        "higher sells {units} {direction} units.",
        "shrunk": " after shrinkage",
        "nothing": "There are no sales to estimate from.",
        "fewer": "fewer",
        "more": "more",
        "categories": "Demand responds most in {strongest} ({most:.2f}) and least in {weakest} ({least:.2f}).",
        "weight": "On average {own} of an estimate comes from the product's own data, the other {rest} from similar "
        "products.",
        "unknown": "The elasticity of {n} cannot be estimated, most often ({most}) for this reason: {reason}.",
        "unknown_all": "The elasticity of {n} cannot be estimated, for this reason: {reason}.",
        "caution": "Sales cannot show whether prices followed demand: each 0.1 of correlation between price and "
        "unexplained demand would move an elasticity by {shift:.2f}.",
        "no_prices": "There is no product for which a better price can be told.",
        "objective": {"profit": "profit", "revenue": "revenue", "units": "units"},
        "total": "At the best prices, expected {money} of {products} changes by {total:+,.2f} per period in all.",
        "best": "Product {name} adds the most: {change:+,.2f} at {price:,.2f}, with a {loss} chance of a fall.",
        "risk": "Prices with a chance above {share} of lowering expected {money}: {n:,}. A single period can fall by "
        "chance all the same.",
        "limits": "At a limit: {limits}.",
    },
    "zh": {
        "mean": "{total}中有{known}的价格弹性可以估计，{shrunk}平均为{mean:.2f}：提价10%，销量{direction}{units}。",
        "shrunk": "收缩后",
        "nothing": "没有可用于估计的销售数据。",
        "fewer": "减少",
        "more": "增加",
        "categories": "{strongest}对价格最敏感（{most:.2f}），{weakest}最不敏感（{least:.2f}）。",
        "weight": "每个估计值平均{own}来自该商品自身的数据，其余{rest}来自同类商品。",
        "unknown": "有{n}无法估计，最常见的原因（{most}）：{reason}。",
        "unknown_all": "有{n}无法估计，原因：{reason}。",
        "caution": "仅凭销售数据无法判断定价是否跟随了需求：价格与未解释需求的相关系数每增加0.1，"
        "弹性会偏移{shift:.2f}。",
        "no_prices": "没有商品可以给出更好的价格。",
        "total": "{products}调到最优价格后，每个时段的预期{money}合计变化{total:+,.2f}。",
        "best": "其中贡献最大的是商品{name}：定价{price:,.2f}，变化{change:+,.2f}，下降的概率为{loss}。",
        "risk": "有{n:,}个价格使预期{money}下降的概率超过{share}；即使预期上升，单个时段仍可能因偶然因素下降。",
        "limits": "有{n:,}个价格受到限制：{limits}。",
    },
}
