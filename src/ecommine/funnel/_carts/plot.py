"""Pictures of carts: what became of them by the step that they reached, and the curve of recovery."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.pictures import PALETTE, even_percents, finish_picture, legend_below, new_axes
from ..._core.texts import Locale, counted, duration_in_words, percent, thousands, within_in_words
from .lifecycle import STATUSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = {
    "bought": (PALETTE[2], ""),
    "recovered": (PALETTE[4], "//"),
    "pending": ("#BBBBBB", ".."),
    "abandoned": (PALETTE[5], "\\\\"),
    "emptied": (PALETTE[3], "xx"),
}
"""Colour and pattern of each status, from the foot of the bar."""
MIN_LABELLED_SHARE = 0.04
"""Smaller parts of a bar have no room for their share."""
LABEL_PATCH = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "statuses": "What became of carts, by the furthest step of the session that opened them",
        "share": "share of carts",
        "bought": "bought in that session",
        "recovered": "recovered later",
        "pending": "not decided yet",
        "abandoned": "abandoned",
        "emptied": "emptied by the visitor",
        "no carts": "no carts",
        "recovery": "Carts that were left and bought later, {within} (band: {level:.0%} intervals)",
        "recovered share": "share of carts left that are bought",
        "hours": "hours since the cart was left",
        "at risk": "{carts} observed to the end of the curve and not bought",
        "unknown": "Not known yet: no cart that was left has been observed for {window}",
    },
    "zh": {
        "statuses": "购物车的去向（按首次会话到达的最远步骤）",
        "share": "购物车占比",
        "bought": "首次会话内购买",
        "recovered": "之后挽回成交",
        "pending": "尚未确定",
        "abandoned": "已放弃",
        "emptied": "访客自行清空",
        "no carts": "没有购物车",
        "recovery": "被放弃后在{within}购买的购物车（阴影为{level:.0%}区间）",
        "recovered share": "被放弃的购物车中已购买的比例",
        "hours": "放弃后经过的小时数",
        "at risk": "{carts}观察至曲线末端仍未购买",
        "unknown": "尚不可知：还没有被放弃的购物车观察满{window}",
    },
}


def draw_statuses(status_counts: Mapping[str, tuple[int, ...]], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar per step, of the shares of each status."""
    ax, texts = new_axes(ax, width=9.0, height=5.0), _TEXTS[locale]
    counts = np.array(list(status_counts.values()), dtype=np.float64).reshape(-1, len(STATUSES))
    totals = counts.sum(axis=1)
    x, foot = np.arange(len(counts)), np.zeros(len(counts))
    parts = counts[:, [STATUSES.index(status) for status in STYLES]] / np.maximum(totals, 1)[:, None]
    written = np.array(even_percents(parts.ravel())).reshape(parts.shape)
    for place, (status, (colour, hatch)) in enumerate(STYLES.items()):
        share = counts[:, STATUSES.index(status)] / totals
        if not share.any():
            continue
        bars = ax.bar(x, share, 0.7, bottom=foot, color=colour, hatch=hatch, edgecolor="white", label=texts[status])
        shown = np.where(share >= MIN_LABELLED_SHARE, written[:, place], "")
        ax.bar_label(bars, shown, label_type="center", fontsize=9, bbox=LABEL_PATCH)
        foot = foot + share
    sizes = [thousands(total, locale=locale) for total in totals]
    ax.set_xticks(x, [f"{step}\n(n = {n})" for step, n in zip(status_counts, sizes, strict=True)], fontsize=9)
    ax.set_ylim(0, 1)
    ax.set_ylabel(texts["share"])
    ax.set_title(texts["statuses"] if len(counts) else texts["no carts"])
    if len(counts):
        legend_below(ax)
    ax.yaxis.set_major_formatter(percent)
    return finish_picture(ax, has_frame=False)


def draw_recovery(
    rows: Sequence[Mapping[str, Any]], window: str | timedelta, level: float, ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the share of the carts left that is bought by each hour, with its interval."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    names = ("hours", "recovered", "recovered_low", "recovered_high")
    hours, share, low, high = (np.array([row[name] for row in rows]) for name in names)
    ax.plot(hours, share, "o-", color=PALETTE[0], markersize=4)
    if len(rows) == 1:
        unknown = texts["unknown"].format(window=duration_in_words(window, locale))
        ax.text(0.5, 0.5, unknown, ha="center", transform=ax.transAxes)
        ax.set_ylim(0, 1)
    elif rows:
        ax.fill_between(hours, low, high, color=PALETTE[0], alpha=0.25, linewidth=0)
        ax.set_ylim(0, 1.15 * max(float(high.max()), 0.01))
        ax.annotate(percent(share[-1]), (hours[-1], share[-1]), xytext=(6, 2), textcoords="offset points")
        remaining = texts["at risk"].format(carts=counted(rows[-1]["at_risk"], "cart", locale=locale))
        ax.text(0.02, 0.98, remaining, ha="left", va="top", fontsize=9, transform=ax.transAxes)
    ax.set_xlim(left=0)
    ax.set_xlabel(texts["hours"])
    ax.set_ylabel(texts["recovered share"])
    title = texts["recovery"].format(within=within_in_words(window, locale), level=level)
    ax.set_title(title if rows else texts["no carts"])
    ax.yaxis.set_major_formatter(percent)
    return finish_picture(ax, has_frame=False)
