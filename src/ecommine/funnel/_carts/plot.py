"""Pictures of carts: what became of them by the step that they reached, and the curve of recovery."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.pictures import PALETTE, new_axes, percent, show_text, thousands
from ..._core.texts import Locale
from .._curves import Floats
from .summary import window_in_words
from .table import STATUSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = {
    "bought": (PALETTE[2], ""),
    "recovered": (PALETTE[4], "//"),
    "immature": ("#BBBBBB", ".."),
    "abandoned": (PALETTE[5], "\\\\"),
    "emptied": (PALETTE[3], "xx"),
}
"""Colour and pattern of each status, from the foot of the bar."""
FEW = 10
"""Carts from which there is a band."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "fates": "What became of carts, by the furthest step of the session that opened them",
        "share": "share of carts",
        "bought": "bought in that session",
        "recovered": "recovered later",
        "immature": "not decided yet",
        "abandoned": "abandoned",
        "emptied": "emptied by the visitor",
        "none": "no carts",
        "recovery": "Carts that were left and bought later, within {within} ({spread})",
        "band": "band: {level:.0%} intervals",
        "few": "carts: {n}; line: {level:.0%} interval",
        "bought by": "share of carts left that is bought",
        "hours": "hours since the cart was left",
        "seen": "carts seen for all of it and not bought: {n}",
        "unknown": "Not known yet: no cart that was left has been seen for {within}",
    },
    "zh": {
        "fates": "购物车的结局（按打开它的会话所到达的最远步骤）",
        "share": "购物车占比",
        "bought": "当次会话内购买",
        "recovered": "之后找回购买",
        "immature": "尚未确定",
        "abandoned": "已放弃",
        "emptied": "访客已清空",
        "none": "没有购物车",
        "recovery": "被放弃后又购买的购物车，{within}内（{spread}）",
        "band": "阴影为{level:.0%}区间",
        "few": "仅{n}个购物车；线段为{level:.0%}区间",
        "bought by": "被放弃购物车中已购买的比例",
        "hours": "放弃后经过的小时数",
        "seen": "{n}个购物车观察满整个窗口仍未购买",
        "unknown": "尚不可知：还没有被放弃的购物车观察满{within}",
    },
}


def draw_fates(fates: Mapping[str, tuple[int, ...]], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar a step, of the shares of each status."""
    ax, texts = new_axes(ax, width=9.0, height=5.0), _TEXTS[locale]
    counts = np.array(list(fates.values()), dtype=np.float64).reshape(-1, len(STATUSES))
    totals = counts.sum(axis=1)
    place, foot = np.arange(len(counts)), np.zeros(len(counts))
    for status, (colour, hatch) in SHADES.items():
        share = counts[:, STATUSES.index(status)] / totals
        if not share.any():
            continue
        ax.bar(place, share, 0.7, bottom=foot, color=colour, hatch=hatch, edgecolor="white", label=texts[status])
        for x, low, one in zip(place.tolist(), foot, share, strict=True):
            if one >= 0.04:
                ax.text(x, low + one / 2, percent(one), ha="center", va="center", fontsize=9, bbox=_PATCH)
        foot = foot + share
    sizes = [thousands(one, locale=locale) for one in totals]
    ax.set_xticks(place, [f"{step}\n(n = {n})" for step, n in zip(fates, sizes, strict=True)], fontsize=9)
    ax.yaxis.set_major_formatter(percent)
    ax.set_ylim(0, 1)
    ax.set_ylabel(texts["share"])
    ax.set_title(texts["fates"] if len(counts) else texts["none"])
    if len(counts):
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=len(SHADES), frameon=False, fontsize=9)
    _finish(ax)
    return ax


_PATCH = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def draw_recovery(frame: nw.DataFrame[Any], within: str, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the share of the carts left that is bought by each hour, with its interval."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    names = ("hours", "recovered", "recovered_low", "recovered_high", "at_risk")
    hours, share, low, high, still = (frame[name].cast(nw.Float64).to_numpy() for name in names)
    within, few = window_in_words(within, locale), bool(len(hours)) and still[0] < FEW
    ax.plot(hours, share, "o-", color=PALETTE[0], markersize=4)
    if len(hours) and not hours.max() > 0:
        ax.text(0.5, 0.5, texts["unknown"].format(within=within), ha="center", transform=ax.transAxes)
        ax.set_ylim(0, 1)
    elif len(hours):
        _draw_spread(ax, hours, share, low, high, few)
        ax.annotate(percent(share[-1]), (hours[-1], share[-1]), xytext=(6, 2), textcoords="offset points")
        said = texts["seen"].format(n=thousands(still[-1], locale=locale))
        ax.text(0.02, 0.98, said, ha="left", va="top", fontsize=9, transform=ax.transAxes)
    ax.set_xlim(left=0)
    ax.set_xlabel(texts["hours"])
    ax.set_ylabel(texts["bought by"])
    ax.yaxis.set_major_formatter(percent)
    spread = texts["few" if few else "band"].format(n=int(still[0]) if few else 0, level=level)
    ax.set_title(texts["recovery"].format(within=within, spread=spread) if len(hours) else texts["none"])
    _finish(ax)
    return ax


def _draw_spread(ax: "Axes", hours: Floats, share: Floats, low: Floats, high: Floats, few: bool) -> None:
    """Draw the band; of few carts it would be a block, and the interval of the end says all that is known."""
    if few:
        ends = np.abs([[share[-1] - low[-1]], [high[-1] - share[-1]]])
        ax.errorbar(hours[-1:], share[-1:], ends, fmt="none", ecolor=PALETTE[0], capsize=3)
    else:
        ax.fill_between(hours, low, high, color=PALETTE[0], alpha=0.25, linewidth=0)
    ax.set_ylim(0, 1.15 * max(float(high.max()), 0.01))


def _finish(ax: "Axes") -> None:
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    assert figure is not None
    show_text(figure)
