"""The sentences of searches: headline, summary, and notes on what was left out, merged and assumed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import Locale, counted, is_known, join_sentences, percent, thousands
from .outcomes import SearchOutcomes
from .read import NONE, SEARCH_EVENTS, SearchLog
from .table import SearchMeasures

MAX_Q_VALUE = 0.05
"""q-value below which a query is called significantly worse than the rest."""
NAMED_QUERIES = 3
SHARES = ("zero_result_rate", "click_rate", "conversion")
"""Shares of all searches together."""
REASON_NAMES: dict[Locale, dict[str, str]] = {
    "en": {
        "zero_results": "nothing found",
        "few_clicks": "few clicks",
        "reformulated": "searched again",
        "few_purchases": "clicked, seldom bought",
    },
    "zh": {
        "zero_results": "无结果",
        "few_clicks": "点击少",
        "reformulated": "改词重搜",
        "few_purchases": "点击后少购买",
    },
}
UNIT_NAMES: dict[Locale, dict[str, str]] = {
    "en": {"money": "money", "purchases": "searches that end in a purchase", "clicks": "searches with a click"},
    "zh": {"money": "金额", "purchases": "成交搜索次数", "clicks": "有点击的搜索次数"},
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "There are no searches with a query.",
        "all": "{searches} for {queries} by {visitors}{shares}.",
        "zero_result_rate": "{share} find nothing",
        "click_rate": "{share} lead to a click",
        "conversion": "{share} lead to a purchase",
        "begin": ": ",
        "join": ", ",
        "gains": "The largest potential gains are from {queries} (in {unit}, if each did as well as a typical query).",
        "query": "“{query}” ({reason}, {gain})",
        "significant": "Significantly worse than the other queries, corrected for all tests: {n} of these {all}.",
        "not significant": "None of these is significantly worse than the other queries: look at the results before "
        "you act.",
        "no gains": "No query with enough searches is below the typical one.",
    },
    "zh": {
        "none": "没有带搜索词的搜索。",
        "all": "{visitors}用{queries}进行了{searches}{shares}。",
        "zero_result_rate": "{share}无结果",
        "click_rate": "{share}有点击",
        "conversion": "{share}成交",
        "begin": "：",
        "join": "，",
        "gains": "最值得优先改进的是{queries}（若达到一般搜索词的水平，可增加的{unit}）。",
        "query": "“{query}”（{reason}，{gain}）",
        "significant": "校正检验次数后，这{all}个中有{n}个显著差于其他搜索词。",
        "not significant": "其中没有一个显著差于其他搜索词：行动前请先查看搜索结果。",
        "no gains": "搜索次数足够的搜索词都不低于一般水平。",
    },
}


def total_searches(measures: SearchMeasures) -> dict[str, Any]:
    """Return the totals of all searches whose query is known; a share that is not known is NaN."""
    outcomes = measures.outcomes
    return {
        "searches": len(outcomes),
        "queries": int(np.count_nonzero(measures.n_searches)),
        "visitors": int(np.count_nonzero(np.bincount(outcomes.unit))),
        **{name: measures.rates[name].overall for name in SHARES},
    }


def headline(totals: Mapping[str, Any], as_of: datetime | None) -> str:
    """Write the first line: searches, queries, visitors, and how many searches have a click."""
    until = "" if as_of is None else f"as of {as_of:%Y-%m-%d %H:%M}, "
    clicks = f", {percent(totals['click_rate'])} with a click" if is_known(totals["click_rate"]) else ""
    queries, visitors = counted(totals["queries"], "query"), counted(totals["visitors"], "visitor")
    return f"{until}{counted(totals['searches'], 'search')} for {queries} by {visitors}{clicks}"


def summarize(totals: Mapping[str, Any], opportunities: Frame, unit: str, locale: Locale) -> str:
    """Write two to four sentences: how searches end, and which queries to improve first."""
    texts = _TEXTS[locale]
    if not totals["searches"]:
        return texts["none"]
    known = [texts[name].format(share=percent(totals[name])) for name in SHARES if is_known(totals[name])]
    nouns = {"searches": "search", "queries": "query", "visitors": "visitor"}
    counts = {name: counted(totals[name], noun, locale=locale) for name, noun in nouns.items()}
    shares = texts["begin"] + texts["join"].join(known) if known else ""
    first = texts["all"].format(shares=shares, **counts)
    return join_sentences([first, *_gains(opportunities, unit, locale)], locale=locale)


def _gains(opportunities: Frame, unit: str, locale: Locale) -> list[str]:
    texts, rows = _TEXTS[locale], collect(opportunities.head(NAMED_QUERIES)).rows(named=True)
    if not rows:
        return [texts["no gains"]]
    queries = [
        texts["query"].format(
            query=row["spelling"],
            reason=REASON_NAMES[locale][row["reason"]],
            gain=thousands(row["potential_gain"], locale=locale),
        )
        for row in rows
    ]
    names = (", " if locale == "en" else "、").join(queries)
    n = sum(is_known(row["q_value"]) and row["q_value"] < MAX_Q_VALUE for row in rows)
    kind = "significant" if n else "not significant"
    gains = texts["gains"].format(queries=names, unit=UNIT_NAMES[locale][unit])
    return [gains, texts[kind].format(n=n, all=len(rows))]


def notes_on_searches(
    log: SearchLog, outcomes: SearchOutcomes, measures: SearchMeasures, min_searches: int
) -> Iterator[Note]:
    """Yield the notes; ``outcomes`` are those of all searches."""
    n_repeated = int(log.events.is_event(*SEARCH_EVENTS).sum()) - len(log)
    if n_repeated:
        text = f"{counted(n_repeated, 'repeated search event')} merged with the first one"
        yield Note(text, code="repeated_searches_merged", count=n_repeated)
    if n_without := int((outcomes.query == NONE).sum()):
        text = f"{counted(n_without, 'search')} without a query left out"
        yield Note(text, code="searches_without_query", count=n_without)
    if n_unknown := int(np.isnan(measures.outcomes.results).sum()):
        text = f"{counted(n_unknown, 'search')} without result_count: not in the zero-result rate, taken as a full page"
        yield Note(text, code="unknown_result_count", count=n_unknown)
    if n_early := int((log.events.is_event(log.click) & (log.search == NONE)).sum()):
        text = f"{counted(n_early, 'click')} before any search of their session: not counted"
        yield Note(text, code="clicks_before_search", count=n_early)
    yield from _pending(measures.outcomes)
    yield from _rare_queries(measures, min_searches)
    yield from _missing_events(log, outcomes)


def _pending(outcomes: SearchOutcomes) -> Iterator[Note]:
    if n_pending := int((~outcomes.is_over).sum()):
        text = f"{counted(n_pending, 'search')} in sessions still in progress: counted, but in no rate of what follows"
        yield Note(text, code="sessions_in_progress", count=n_pending)
    if n_open := int((~outcomes.is_decided & outcomes.is_over).sum()):
        text = f"{counted(n_open, 'search')} that may still be credited with a purchase: not in the conversion"
        yield Note(text, code="open_window", count=n_open)


def _rare_queries(measures: SearchMeasures, min_searches: int) -> Iterator[Note]:
    counts = measures.n_searches
    rare = counts[(counts > 0) & (counts < min_searches)]
    if len(rare):
        total = counted(int(rare.sum()), "search")
        text = f"{counted(len(rare), 'query')} of fewer than {counted(min_searches, 'search')} ({total}) without a row"
        yield Note(text, code="rare_queries", count=len(rare))


def _missing_events(log: SearchLog, outcomes: SearchOutcomes) -> Iterator[Note]:
    if log.click != "select_item" and len(log):
        yield Note("there is no select_item: view_item after a search is taken as a click", code="no_select_item")
    if not outcomes.has_purchases:
        yield Note("there are no purchases: conversion and revenue are null", code="no_purchases")
    elif not outcomes.has_money:
        yield Note("purchases have no value: revenue is null", code="no_purchase_values")
