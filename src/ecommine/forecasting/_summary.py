"""The summary of a forecast: how much, how sure, what changes, what events add, which products."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import Floats
from .._core.texts import Locale, counted, duration_in_words, join_sentences, join_words, measured, percent, thousands
from ._smoothing.classes import LIFECYCLES, classify_demand, recent_totals

if TYPE_CHECKING:
    from ._result import ForecastData

MAX_NAMED = 3
MIN_EVENT_SHARE = 0.005
"""Share of demand from which on the effect of events and promotions is worth a sentence."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "total": "Expected demand in the {length} from {first}: {mean} units of {products}{interval}.",
        "interval": " ({level} interval {low} to {high})",
        "no_interval": "; the history is too short for an interval of the total",
        "more": "That is {change} more than in the {length} before.",
        "less": "That is {change} less than in the {length} before.",
        "same": "That is as much as in the {length} before.",
        "effect_up": "{causes} add {effect} of these units ({share}).",
        "effect_down": "{causes} take away {effect} units ({share}).",
        "events": "Events",
        "plans": "Planned promotions and prices",
        "both": "Events and planned promotions and prices",
        "most": "Most units: {names}.",
        "named": "{name} ({mean})",
        "rise": "The largest rise is expected of {name}: from {before} to {after} units.",
        "fall": "The largest fall is expected of {name}: from {before} to {after} units.",
        "ended": "Demand for {count} has ended.",
        "new": "{count} {verb} new, so that little is known of {them}.",
        "nothing": "No product has known demand, so that nothing can be forecast.",
    },
    "zh": {
        "total": "自{first}起的{length}，{products}预计共售出{mean}件{interval}。",
        "interval": "（{level}区间：{low}至{high}件）",
        "no_interval": "（历史太短，无法给出合计的区间）",
        "more": "比此前{length}多{change}。",
        "less": "比此前{length}少{change}。",
        "same": "与此前{length}持平。",
        "effect_up": "其中{causes}带来{effect}件（占{share}）。",
        "effect_down": "{causes}使需求减少{effect}件（{share}）。",
        "events": "活动",
        "plans": "计划中的促销与价格",
        "both": "活动以及计划中的促销与价格",
        "most": "销量最多的是{names}。",
        "named": "{name}（{mean}件）",
        "rise": "预计增加最多的是{name}：由{before}件增至{after}件。",
        "fall": "预计减少最多的是{name}：由{before}件降至{after}件。",
        "ended": "{count}已停止动销。",
        "new": "{count}为新品，可参考的历史很少。",
        "nothing": "没有商品的需求已知，无法预测。",
    },
}


def forecast_sentences(data: "ForecastData", titles: Mapping[Any, str], locale: Locale) -> str:
    """Return three to eight sentences."""
    texts, totals = _TEXTS[locale], data.mean.sum(axis=1)
    known = np.flatnonzero(~np.isnan(totals))
    if not len(known):
        return texts["nothing"]
    total, before = float(totals[known].sum()), recent_totals(data.panel.demand, data.horizon)
    parts = [_total_sentence(data, total, len(known), locale), _change_sentence(data, total, before, locale)]
    parts.append(_effect_sentence(data, total, known, locale))
    if len(known) > 1:
        series = data.panel.names(titles)
        best = known[np.argsort(-totals[known], kind="stable")[:MAX_NAMED]]
        names = [texts["named"].format(name=series[i], mean=_units(totals[i], locale)) for i in best]
        parts.append(texts["most"].format(names=join_words(names, locale=locale)))
        parts += _moves(series, totals, totals - before, locale)
    parts += _lifecycle_sentences(data, locale)
    return join_sentences([part for part in parts if part], locale=locale)


def length_in_words(data: "ForecastData", locale: Locale) -> str:
    """Return the length of the horizon, such as "4 weeks"."""
    if data.periods.every is None:
        return counted(data.horizon, "period") if locale == "en" else f"{data.horizon}期"
    return duration_in_words(f"{data.horizon}{data.periods.every[1:]}", locale)


def _units(value: float, locale: Locale) -> str:
    if 0 < value < 1:
        return "<1" if locale == "en" else "不足1"
    return f"{value:,.0f}" if value < 100_000 else thousands(value, locale=locale)


def _total_sentence(data: "ForecastData", total: float, n_known: int, locale: Locale) -> str:
    texts = _TEXTS[locale]
    return texts["total"].format(
        length=length_in_words(data, locale),
        first=str(data.periods.starts[0])[:10],
        products=counted(n_known, "product", locale=locale),
        mean=_units(total, locale),
        interval=_interval(data, locale),
    )


def _interval(data: "ForecastData", locale: Locale) -> str:
    """Return the interval between the outer quantiles where these are as far from the middle."""
    texts, low, high = _TEXTS[locale], float(data.levels[0]), float(data.levels[-1])
    if len(data.levels) < 2 or abs(low + high - 1) > 1e-9:
        return ""
    _, ends = data.own_total(np.arange(len(data.mean)), slice(0, data.horizon), np.array([low, high]))
    if np.isnan(ends).any():
        return texts["no_interval"]
    words = [_units(float(end), locale) for end in ends]
    return texts["interval"].format(level=percent(round(high - low, 6)), low=words[0], high=words[1])


def _change_sentence(data: "ForecastData", total: float, before: Floats, locale: Locale) -> str:
    """Compare with as many periods before, where the history has them."""
    known_before = float(np.nansum(before))
    if data.panel.demand.shape[1] < data.horizon or known_before <= 0:
        return ""
    change = total / known_before - 1
    key = "same" if abs(change) < 0.0005 else "more" if change > 0 else "less"
    return _TEXTS[locale][key].format(change=percent(abs(change)), length=length_in_words(data, locale))


def _effect_sentence(data: "ForecastData", total: float, known: Any, locale: Locale) -> str:
    effect = float((data.mean - data.baseline)[known].sum())
    if total <= 0 or abs(effect) < MIN_EVENT_SHARE * total:
        return ""
    key, base = ("effect_up", total) if effect > 0 else ("effect_down", total - effect)
    causes = "events" if not data.has_plan else "both" if data.has_calendar else "plans"
    texts = _TEXTS[locale]
    return texts[key].format(
        causes=texts[causes], effect=_units(abs(effect), locale), share=percent(abs(effect) / base)
    )


def _moves(names: Sequence[str], totals: Floats, change: Floats, locale: Locale) -> list[str]:
    """Return the largest expected rise and fall, of at least one unit."""
    sentences = []
    for key, row in (("rise", _argmax(change)), ("fall", _argmax(-change))):
        if row is not None and (change[row] >= 1 if key == "rise" else change[row] <= -1):
            words = [_units(float(value), locale) for value in (totals[row] - change[row], totals[row])]
            sentences.append(_TEXTS[locale][key].format(name=names[row], before=words[0], after=words[1]))
    return sentences


def _argmax(values: Floats) -> int | None:
    return None if np.isnan(values).all() else int(np.nanargmax(values))


def _lifecycle_sentences(data: "ForecastData", locale: Locale) -> list[str]:
    lifecycle, texts = classify_demand(data.panel.demand).lifecycle, _TEXTS[locale]
    sentences = []
    for name in ("ended", "new"):
        count = int((lifecycle == LIFECYCLES.index(name)).sum())
        if count:
            words = counted(count, "product") if locale == "en" else measured(count, "product") + "商品"
            verb, them = ("is", "it") if count == 1 else ("are", "them")
            sentences.append(texts[name].format(count=words, verb=verb, them=them))
    return sentences


_BACKTEST_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "nothing": "No demand is known in the windows compared, so that nothing can be said of the forecasts.",
        "more": "In {windows} of {length}, the forecasts of {series} came to {share} more than was sold.",
        "less": "In {windows} of {length}, the forecasts of {series} came to {share} less than was sold.",
        "same": "In {windows} of {length}, the forecasts of {series} came to what was sold.",
        "inside": "Demand was between the lowest and the highest quantile in {inside} of the periods, where {nominal} "
        "were to be expected{verdict}.",
        "narrow": ": the intervals are too narrow, so keep more in stock than they say",
        "wide": ": the intervals are wider than they need be",
        "fine": "",
    },
    "zh": {
        "nothing": "比较的时段内没有已知的需求，无法评价预测。",
        "more": "在{windows}个时段（每个{length}）中，{series}个序列的预测合计比实际销量高{share}。",
        "less": "在{windows}个时段（每个{length}）中，{series}个序列的预测合计比实际销量低{share}。",
        "same": "在{windows}个时段（每个{length}）中，{series}个序列的预测合计与实际销量相符。",
        "inside": "实际需求有{inside}落在最低与最高分位数之间，理论值为{nominal}{verdict}。",
        "narrow": "：区间偏窄，备货应比区间所示更多",
        "wide": "：区间偏宽",
        "fine": "",
    },
}
_FAR = 0.05
"""Share by which coverage may miss its level before the summary warns of it."""


def summarize_backtest(shape: tuple[int, int, int], ratio: float, windows: Any, locale: Locale) -> str:
    """Write one or two sentences about forecasts of the past; ``windows`` have coverage, nominal and n_periods."""
    texts, (n_windows, n_series, horizon) = _BACKTEST_TEXTS[locale], shape
    if np.isnan(ratio):
        return texts["nothing"]
    change = ratio - 1
    kind = "same" if round(abs(change), 3) == 0 else "more" if change > 0 else "less"
    words = {
        "windows": counted(n_windows, "window") if locale == "en" else f"{n_windows:,}",
        "length": counted(horizon, "period") if locale == "en" else f"{horizon:,}期",
        "series": counted(n_series, "series", "series") if locale == "en" else f"{n_series:,}",
        "share": percent(abs(change)),
    }
    sentences = [texts[kind].format(**words)]
    coverage, nominal, weights = (
        windows[name].to_numpy().astype(float) for name in ("coverage", "nominal", "n_periods")
    )
    known = ~np.isnan(coverage) & ~np.isnan(nominal) & (weights > 0)
    if known.any():
        inside, level = float(np.average(coverage[known], weights=weights[known])), float(nominal[known][0])
        verdict = "narrow" if inside < level - _FAR else "wide" if inside > level + _FAR else "fine"
        shown = {"inside": percent(inside), "nominal": percent(level), "verdict": texts[verdict]}
        sentences.append(texts["inside"].format(**shown))
    return join_sentences(sentences, locale=locale)
