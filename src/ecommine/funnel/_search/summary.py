"""What searches say, in words."""

from dataclasses import dataclass

from ..._core.frames import Frame, collect
from ..._core.pictures import percent, thousands
from ..._core.texts import Locale

SURE = 0.05
"""q-value below which a query is said to be worse than the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All searches together; a share that is not known is NaN."""

    searches: int
    queries: int
    visitors: int
    zero_result_rate: float
    click_rate: float
    conversion: float
    revenue: float


REASON_NAMES: dict[Locale, dict[str, str]] = {
    "en": {
        "zero_results": "nothing found",
        "few_clicks": "few clicks",
        "reformulated": "searched anew",
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
    "en": {"money": "in money", "purchases": "searches that end in a purchase", "clicks": "searches with a click"},
    "zh": {"money": "金额", "purchases": "成交搜索次数", "clicks": "有点击的搜索次数"},
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "There are no searches with a query.",
        "all": "{n:,} searches for {queries:,} queries by {visitors:,} visitors{ends}.",
        "zero": "{share} find nothing",
        "click": "{share} lead to a click",
        "buy": "{share} to a purchase",
        "begin": ": ",
        "join": ", ",
        "fix": "Most is at stake for {queries} (in {unit}, if each did as well as the typical query).",
        "one": "“{query}” ({reason}, {stake})",
        "sure": "{n} of these {all} are worse than the rest by more than chance, for all queries tested.",
        "unsure": "None of these is worse than the rest by more than chance: look at the results before you act.",
        "fine": "No query with enough searches falls short of the typical one.",
    },
    "zh": {
        "none": "没有带搜索词的搜索。",
        "all": "共{n:,}次搜索，{queries:,}个搜索词，{visitors:,}位访客{ends}。",
        "zero": "{share}无结果",
        "click": "{share}有点击",
        "buy": "{share}成交",
        "begin": "：",
        "join": "，",
        "fix": "最值得先改进的是{queries}（若达到一般搜索词的水平可增加的{unit}）。",
        "one": "“{query}”（{reason}，{stake}）",
        "sure": "考虑到检验的搜索词数量，这{all}个中有{n}个差于其他，且不像是偶然。",
        "unsure": "其中没有一个差于其他到不像偶然的程度：行动前请先查看搜索结果。",
        "fine": "在次数足够的搜索词中，没有低于一般水平的。",
    },
}


def search_sentences(totals: Totals, fix: Frame, unit: str, locale: Locale) -> str:
    """Write two to five sentences; ``fix`` are the queries with most at stake."""
    texts = _TEXTS[locale]
    if not totals.searches:
        return texts["none"]
    shares = {"zero": totals.zero_result_rate, "click": totals.click_rate, "buy": totals.conversion}
    told = {name: percent(share) for name, share in shares.items() if share == share}
    ends = texts["join"].join(texts[name].format(share=share) for name, share in told.items())
    said = [
        texts["all"].format(
            n=totals.searches,
            queries=totals.queries,
            visitors=totals.visitors,
            ends=texts["begin"] + ends if ends else "",
        ),
        *_fix(fix, unit, locale),
    ]
    return (" " if locale == "en" else "").join(said)


def _fix(fix: Frame, unit: str, locale: Locale) -> list[str]:
    texts, rows = _TEXTS[locale], collect(fix).rows(named=True)
    if not rows:
        return [texts["fine"]]
    named = [
        texts["one"].format(
            query=row["spelling"],
            reason=REASON_NAMES[locale][row["reason"]],
            stake=thousands(row["at_stake"], locale=locale),
        )
        for row in rows
    ]
    join = ", " if locale == "en" else "、"
    name = "money" if (unit, locale) == ("money", "en") else UNIT_NAMES[locale][unit]
    sure = sum(row["q_value"] is not None and row["q_value"] < SURE for row in rows)
    last = texts["sure"].format(n=sure, all=len(rows)) if sure else texts["unsure"]
    return [texts["fix"].format(queries=join.join(named), unit=name), last]
