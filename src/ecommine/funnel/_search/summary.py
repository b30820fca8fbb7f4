"""The summary and the headline of searches."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ..._core.frames import Frame, collect
from ..._core.texts import Locale, counted, is_known, join_sentences, percent, thousands
from .table import SearchMeasures

MAX_Q_VALUE = 0.05
"""q-value below which a query is called significantly worse than the rest."""
NAMED_QUERIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTotals:
    """All searches together; a share that is not known is NaN."""

    searches: int
    queries: int
    visitors: int
    zero_result_rate: float
    click_rate: float
    conversion: float


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


def total_searches(measures: SearchMeasures) -> SearchTotals:
    """Return the totals of all searches whose query is known."""
    outcomes, rates = measures.outcomes, measures.rates
    return SearchTotals(
        searches=len(outcomes),
        queries=int(np.count_nonzero(measures.n_searches)),
        visitors=int(np.count_nonzero(np.bincount(outcomes.unit))),
        zero_result_rate=rates["zero_result_rate"].overall,
        click_rate=rates["click_rate"].overall,
        conversion=rates["conversion"].overall,
    )


def headline(totals: SearchTotals, as_of: datetime | None) -> str:
    """Write the first line: searches, queries, visitors, and how many searches have a click."""
    until = "" if as_of is None else f"as of {as_of:%Y-%m-%d %H:%M}, "
    clicks = f", {percent(totals.click_rate)} with a click" if is_known(totals.click_rate) else ""
    queries, visitors = counted(totals.queries, "query"), counted(totals.visitors, "visitor")
    return f"{until}{counted(totals.searches, 'search')} for {queries} by {visitors}{clicks}"


def summarize(totals: SearchTotals, opportunities: Frame, unit: str, locale: Locale) -> str:
    """Write two to four sentences: how searches end, and which queries to improve first."""
    texts = _TEXTS[locale]
    if not totals.searches:
        return texts["none"]
    rates = {name: getattr(totals, name) for name in ("zero_result_rate", "click_rate", "conversion")}
    shares = [texts[name].format(share=percent(rate)) for name, rate in rates.items() if is_known(rate)]
    counts = {
        "searches": counted(totals.searches, "search", locale=locale),
        "queries": counted(totals.queries, "query", locale=locale),
        "visitors": counted(totals.visitors, "visitor", locale=locale),
        "shares": texts["begin"] + texts["join"].join(shares) if shares else "",
    }
    return join_sentences([texts["all"].format(**counts), *_gains(opportunities, unit, locale)], locale=locale)


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
