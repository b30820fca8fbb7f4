"""The summary of trends: what rises and falls, the season, and the next peaks to stock for."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._core.arrays import Floats
from ..._core.texts import Locale, counted, join_sentences, join_words, percent, three_digits
from .._panel.series import Panel
from .season import Peak, SeasonFactor

MAX_NAMED = 3
_WEEKDAYS: dict[Locale, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
EVENT_NAMES: dict[str, tuple[str, str]] = {
    "618": ("618", "618"),
    "double_11": ("Double 11", "双11"),
    "double_12": ("Double 12", "双12"),
    "spring_festival": ("Spring Festival", "春节"),
    "mid_autumn": ("Mid-Autumn", "中秋"),
    "national_day": ("National Day", "国庆"),
    "black_friday": ("Black Friday", "黑五"),
    "christmas": ("Christmas", "圣诞"),
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "untested": "No product could be tested for a trend.",
        "none": "No product's share of the shop rises or falls beyond chance ({tested} tested).",
        "counts": "{tested} tested: {rising:,} rising and {falling:,} falling relative to the shop.",
        "rising": "The fastest rise: {names}.",
        "falling": "The fastest fall: {names}.",
        "named": "{name} ({growth} {unit})",
        "year": "a year",
        "period": "per period",
        "week": "Demand is highest on {high} ({high_factor} times the average) and lowest on {low} "
        "({low_factor} times).",
        "months": "Over the year it is highest in {high} ({high_factor} times the average) and lowest in {low} "
        "({low_factor} times).",
        "peak": "Next peak{event}: {at}, {factor} times the usual demand{years}; it begins to rise {lead}, "
        "so have stock by {by}.",
        "event": " ({name})",
        "years": " on average (seen in {n_seen} of {n_years} years)",
        "lead": "{days} before",
        "no_lead": "in the same period",
    },
    "zh": {
        "untested": "没有可检验趋势的商品。",
        "none": "没有商品的全店占比出现超出随机波动的上升或下降（共检验{tested}）。",
        "counts": "共检验{tested}，相对全店上升{rising:,}种、下降{falling:,}种。",
        "rising": "上升最快的是{names}。",
        "falling": "下降最快的是{names}。",
        "named": "{name}（{unit}{growth}）",
        "year": "每年",
        "period": "每期",
        "week": "一周内{high}需求最高（均值的{high_factor}倍），{low}最低（{low_factor}倍）。",
        "months": "一年内{high}最高（均值的{high_factor}倍），{low}最低（{low_factor}倍）。",
        "peak": "下一个高峰{event}预计在{at}，{years}为平时需求的{factor}倍，{lead}开始上升，请在{by}前备好货。",
        "event": "（{name}）",
        "years": "{n_years}年中出现过{n_seen}次，平均",
        "lead": "提前{days}",
        "no_lead": "当期即",
    },
}


def trend_sentences(
    panel: Panel,
    titles: Mapping[Any, str],
    growth: Floats,
    directions: Sequence[str | None],
    season: Sequence[SeasonFactor],
    peaks: Sequence[Peak],
    locale: Locale,
) -> str:
    """Return two to six sentences: counts, the strongest trends, week and year, the next peak."""
    texts = _TEXTS[locale]
    n_tested = sum(way is not None for way in directions)
    tested = counted(n_tested, "product", locale=locale)
    count = {way: directions.count(way) for way in ("rising", "falling")}
    key = "counts" if any(count.values()) else "none" if n_tested else "untested"
    series = panel.names(titles)
    parts = [texts[key].format(tested=tested, **count)]
    for way in ("rising", "falling"):
        names = _strongest(panel, series, growth, directions, way, locale)
        parts += [texts[way].format(names=join_words(names, locale=locale))] if names else []
    parts += [_season_sentence(season, cycle, locale) for cycle in ("week", "year")]
    parts += [_peak_sentence(peaks[0], locale)] if peaks else []
    return join_sentences([part for part in parts if part], locale=locale)


def event_name(event: str, locale: Locale) -> str:
    """Return the display name of an event; one of the caller's own keeps its code."""
    english, chinese = EVENT_NAMES.get(event, (event, event))
    return english if locale == "en" else chinese


def _strongest(
    panel: Panel, names: Sequence[str], growth: Floats, directions: Sequence[str | None], way: str, locale: Locale
) -> list[str]:
    rows = [row for row, direction in enumerate(directions) if direction == way]
    rows = sorted(rows, key=lambda row: -abs(growth[row]))[:MAX_NAMED]
    texts = _TEXTS[locale]
    unit = texts["year" if panel.periods.is_dated else "period"]
    return [texts["named"].format(name=names[row], growth=signed_percent(growth[row]), unit=unit) for row in rows]


def signed_percent(log_growth: float) -> str:
    """Return a growth rate as per cent with its sign; ten times and more as a multiple."""
    if log_growth >= np.log(10):
        return f"×{three_digits(float(np.exp(log_growth)))}"
    change = float(np.expm1(log_growth))
    return f"{'+' if change >= 0 else '−'}{percent(abs(change))}"


def _season_sentence(season: Sequence[SeasonFactor], cycle: str, locale: Locale) -> str:
    rows = [row for row in season if row.cycle == cycle]
    if not rows:
        return ""
    high, low = max(rows, key=lambda row: row.factor), min(rows, key=lambda row: row.factor)
    return _TEXTS[locale]["week" if cycle == "week" else "months"].format(
        high=_place(high, locale),
        low=_place(low, locale),
        high_factor=three_digits(high.factor),
        low_factor=three_digits(low.factor),
    )


def _place(row: SeasonFactor, locale: Locale) -> str:
    if row.cycle == "week":
        return _WEEKDAYS[locale][row.place - 1]
    return _MONTHS[row.place - 1] if locale == "en" else f"{row.place}月"


def _peak_sentence(peak: Peak, locale: Locale) -> str:
    texts = _TEXTS[locale]
    days = counted(peak.lead_days, "day") if locale == "en" else f"{peak.lead_days}天"
    return texts["peak"].format(
        event="" if peak.event is None else texts["event"].format(name=event_name(peak.event, locale)),
        at=str(peak.peak_at)[:10],
        factor=three_digits(peak.factor),
        years="" if peak.n_seen == peak.n_years else texts["years"].format(n_seen=peak.n_seen, n_years=peak.n_years),
        lead=texts["lead"].format(days=days) if peak.lead_days else texts["no_lead"],
        by=str(peak.stock_by)[:10],
    )
