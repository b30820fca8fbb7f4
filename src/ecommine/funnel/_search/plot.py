"""Pictures of searches: the queries to mend first, and the clicks by position."""

import unicodedata
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import Frame, collect
from ..._core.pictures import PALETTE, new_axes, percent, show_text, thousands
from ..._core.texts import Locale
from .summary import REASON_NAMES, SURE, UNIT_NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15
"""Queries that are drawn."""
LONGEST = 32
"""Width of a query's label; a Chinese character is two wide."""

SHADES = {
    "zero_results": (PALETTE[5], ""),
    "few_clicks": (PALETTE[0], "//"),
    "reformulated": (PALETTE[1], ".."),
    "few_purchases": (PALETTE[2], "xx"),
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "fix": "Queries to mend first: the {n} of {all:,} with most at stake",
        "none": "no query falls short of the typical one",
        "stake": "at stake if the query did as well as the typical one ({unit})",
        "searches": "n = {n}",
        "counted": "n: searches that are decided, and count for the reason",
        "sure": "* worse than the rest, q < {q:g}",
        "places": "Clicks by position, and what is left when queries are told apart",
        "position": "position",
        "click": "clicks a search that shows the position",
        "plain": "as counted, all queries mixed",
        "curve": "of a typical query ({level:.0%} intervals)",
        "unknown": "positions are not known",
    },
    "zh": {
        "fix": "最值得先改进的搜索词（{all:,}个中的前{n}个）",
        "none": "没有低于一般水平的搜索词",
        "stake": "若达到一般搜索词的水平可增加的{unit}",
        "searches": "n = {n}",
        "counted": "n：已确定且计入该原因的搜索次数",
        "sure": "* 差于其他，不像偶然，q < {q:g}",
        "places": "各位置的点击率，以及剔除搜索词差异之后",
        "position": "位置",
        "click": "展示该位置的搜索中的点击率",
        "plain": "直接统计，各搜索词混合",
        "curve": "一般搜索词（{level:.0%}区间）",
        "unknown": "没有位置数据",
    },
}


def draw_to_fix(table: Frame, unit: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar a query, as long as what is at stake, in the colour of the reason."""
    texts, frame = _TEXTS[locale], collect(table)
    rows = frame.head(MOST).rows(named=True)
    ax = new_axes(ax, width=9.0, height=1.8 + 0.34 * max(len(rows), 3))
    place = np.arange(len(rows))[::-1]
    for reason, (colour, hatch) in SHADES.items():
        mine = [one for one, row in enumerate(rows) if row["reason"] == reason]
        if mine:
            stakes, name = [rows[one]["at_stake"] for one in mine], REASON_NAMES[locale][reason]
            ax.barh(place[mine], stakes, 0.75, color=colour, hatch=hatch, edgecolor="white", label=name)
    for y, row in zip(place, rows, strict=True):
        count = texts["searches"].format(n=thousands(row["searches"], locale=locale))
        ax.annotate(
            count + (" *" if _is_sure(row) else ""),
            (row["at_stake"], y),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    ax.set_yticks(place, [shortened(row["spelling"]) for row in rows], fontsize=9, parse_math=False)
    ax.set_xlim(0, 1.18 * max((row["at_stake"] for row in rows), default=1.0))
    ax.xaxis.set_major_formatter(lambda value, at: thousands(value, at, locale=locale))
    ax.set_xlabel(texts["stake"].format(unit=UNIT_NAMES[locale][unit]))
    ax.set_title(texts["fix"].format(n=len(rows), all=len(frame)) if rows else texts["none"], fontsize=11)
    if rows:
        ax.legend(frameon=False, loc="lower right", fontsize=9, title=_legend_title(rows, texts), title_fontsize=8)
    return _finished(ax)


def draw_positions(table: Frame, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the plain click rate by place, and the examination curve with its intervals."""
    ax, texts, frame = new_axes(ax, width=8.0, height=4.6), _TEXTS[locale], collect(table)
    place, plain, curve, low, high = (
        _floats(frame, name)
        for name in ("position", "click_rate", "examination", "examination_low", "examination_high")
    )
    ends = np.abs(np.nan_to_num(np.vstack([curve - low, high - curve])))
    ax.plot(place, plain, "x--", color=PALETTE[1], label=texts["plain"])
    ax.errorbar(place, curve, ends, fmt="o-", color=PALETTE[0], capsize=3, label=texts["curve"].format(level=level))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(percent)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel(texts["position"])
    ax.set_ylabel(texts["click"])
    ax.set_title(texts["places"] if len(place) else texts["unknown"], fontsize=11)
    if len(place):
        ax.legend(frameon=False)
    return _finished(ax)


def shortened(text: str) -> str:
    """Cut a label to what there is room for.

    Examples
    --------
    >>> shortened("a very long query that somebody typed")
    'a very long query that somebody…'
    >>> shortened("春季新款连衣裙女士碎花长裙法式复古收腰")
    '春季新款连衣裙女士碎花长裙法式复…'
    """
    width, kept = 0, ""
    for letter in text:
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > LONGEST:
            return kept.rstrip() + "…"
        kept += letter
    return kept


def _legend_title(rows: list[dict[str, Any]], texts: dict[str, str]) -> str:
    return "\n".join([texts["counted"], *([texts["sure"].format(q=SURE)] if any(map(_is_sure, rows)) else [])])


def _is_sure(row: dict[str, Any]) -> bool:
    return row["q_value"] is not None and bool(row["q_value"] < SURE)


def _floats(frame: nw.DataFrame[Any], name: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return frame[name].cast(nw.Float64).to_numpy().astype(np.float64)


def _finished(ax: "Axes") -> "Axes":
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    assert figure is not None
    show_text(figure)
    return ax
