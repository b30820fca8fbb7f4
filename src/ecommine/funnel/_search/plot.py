"""The plots of searches: the queries to improve first, and the clicks by position."""

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats
from ..._core.frames import Frame, collect
from ..._core.pictures import PALETTE, finish_picture, new_axes
from ..._core.texts import Locale, is_known, percent, shorten, thousands
from .summary import MAX_Q_VALUE, REASON_NAMES, UNIT_NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_QUERIES = 15
"""Queries that are drawn."""
MAX_LABEL_WIDTH = 33
"""Width of a query's label; a Chinese character is two wide."""

REASON_STYLES = {
    "zero_results": (PALETTE[5], ""),
    "few_clicks": (PALETTE[0], "//"),
    "reformulated": (PALETTE[1], ".."),
    "few_purchases": (PALETTE[2], "xx"),
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "gains": "Queries to improve first: {n} of {all:,}, by potential gain",
        "none": "no query is below the typical one",
        "gain": "potential gain if the query did as well as the typical one ({unit})",
        "searches": "n = {n}",
        "counted": "n: searches that count for the reason",
        "significant": "* worse than the other queries, q < {q:g}",
        "positions": "Clicks by position, plain and corrected for the queries",
        "position": "position",
        "click": "clicks per search that shows the position",
        "plain": "plain, over all queries",
        "curve": "of a typical query ({level:.0%} intervals)",
        "unknown": "positions are not known",
    },
    "zh": {
        "gains": "最值得优先改进的搜索词（{all:,}个中的前{n}个）",
        "none": "没有低于一般水平的搜索词",
        "gain": "若达到一般搜索词的水平，可增加的{unit}",
        "searches": "n = {n}",
        "counted": "n：计入该原因的搜索次数",
        "significant": "* 显著差于其他搜索词，q < {q:g}",
        "positions": "各位置的点击率：直接统计，以及剔除搜索词差异之后",
        "position": "位置",
        "click": "展示该位置的搜索中的点击率",
        "plain": "直接统计，各搜索词混合",
        "curve": "一般搜索词（{level:.0%}区间）",
        "unknown": "没有位置数据",
    },
}


def draw_opportunities(table: Frame, unit: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar per query, as long as its potential gain, in the colour of the reason."""
    texts, frame = _TEXTS[locale], collect(table)
    rows = frame.head(MAX_QUERIES).rows(named=True)
    ax = new_axes(ax, width=9.0, height=1.8 + 0.34 * max(len(rows), 3))
    heights = np.arange(len(rows))[::-1]
    _draw_bars(ax, heights, rows, locale)
    for y, row in zip(heights, rows, strict=True):
        count = texts["searches"].format(n=thousands(row["searches"], locale=locale))
        text, end = count + (" *" if _is_significant(row) else ""), (row["potential_gain"], y)
        ax.annotate(text, end, (4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(heights, [shorten(row["spelling"], MAX_LABEL_WIDTH) for row in rows], fontsize=9, parse_math=False)
    ax.set_xlim(0, 1.18 * max((row["potential_gain"] for row in rows), default=1.0))
    ax.xaxis.set_major_formatter(lambda value, at: thousands(value, at, locale=locale))
    ax.set_xlabel(texts["gain"].format(unit=UNIT_NAMES[locale][unit]))
    ax.set_title(texts["gains"].format(n=len(rows), all=len(frame)) if rows else texts["none"], fontsize=11)
    if rows:
        significant = [texts["significant"].format(q=MAX_Q_VALUE)] if any(map(_is_significant, rows)) else []
        title = "\n".join([texts["counted"], *significant])
        ax.legend(frameon=False, loc="lower right", fontsize=9, title=title, title_fontsize=8)
    return finish_picture(ax, has_frame=False)


def _draw_bars(ax: "Axes", heights: Any, rows: list[dict[str, Any]], locale: Locale) -> None:
    for reason, (colour, hatch) in REASON_STYLES.items():
        of_reason = [i for i, row in enumerate(rows) if row["reason"] == reason]
        if of_reason:
            gains, name = [rows[i]["potential_gain"] for i in of_reason], REASON_NAMES[locale][reason]
            ax.barh(heights[of_reason], gains, 0.75, color=colour, hatch=hatch, edgecolor="white", label=name)


def draw_positions(table: Frame, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the plain click rate by position, and the examination curve with its intervals."""
    ax, texts, frame = new_axes(ax, width=8.0, height=4.6), _TEXTS[locale], collect(table)
    position, plain, curve, low, high = (
        _floats(frame, name)
        for name in ("position", "click_rate", "examination", "examination_low", "examination_high")
    )
    errors = np.abs(np.nan_to_num(np.vstack([curve - low, high - curve])))
    ax.plot(position, plain, "x--", color=PALETTE[1], label=texts["plain"])
    label = texts["curve"].format(level=level)
    ax.errorbar(position, curve, errors, fmt="o-", color=PALETTE[0], capsize=3, label=label)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(percent)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel(texts["position"])
    ax.set_ylabel(texts["click"])
    ax.set_title(texts["positions"] if len(position) else texts["unknown"], fontsize=11)
    if len(position):
        ax.legend(frameon=False)
    return finish_picture(ax, has_frame=False)


def _is_significant(row: dict[str, Any]) -> bool:
    return is_known(row["q_value"]) and bool(row["q_value"] < MAX_Q_VALUE)


def _floats(frame: nw.DataFrame[Any], name: str) -> Floats:
    return frame[name].cast(nw.Float64).to_numpy().astype(np.float64)
