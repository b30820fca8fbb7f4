"""The waterfall of a comparison: from one conversion to the other, step by step, with intervals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.pictures import PALETTE, finish_picture, legend_below, new_axes
from ..._core.texts import Locale, is_known, percent, shorten
from .._steps.plot import new_label
from .summary import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LETTERS = 34
"""Letters of a step's name."""
BAR_HEIGHT = 0.62
STYLES = {"end": ("#BDBDBD", ""), "up": (PALETTE[0], ""), "down": (PALETTE[1], "///")}
"""Colour and hatch, which differ in grey too."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Which step explains the difference (lines: {level:.0%} intervals)",
        "axis": "conversion to {last} (share of entrants)",
        "end": "conversion",
        "up": "increase",
        "down": "decrease",
        "points": "{points} points",
        "unknown": "The conversion of one funnel is unknown",
    },
    "zh": {
        "title": "差异来自哪个步骤（线段为{level:.0%}置信区间）",
        "axis": "到{last}的转化率（占进入者的比例）",
        "end": "转化率",
        "up": "提高",
        "down": "降低",
        "points": "{points}个百分点",
        "unknown": "其中一个漏斗的转化率未知",
    },
}


def draw_comparison(
    rows: Sequence[Mapping[str, Any]],
    conversion: Mapping[str, float],
    level: float,
    names: tuple[str, str],
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw bars from the top down: one conversion, the contribution of each step, the other conversion."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=9.0, height=2.2 + 0.42 * (len(rows) + 2))
    title = texts["unknown"]
    if is_known(conversion["p_value"]):
        _draw_bars(ax, rows, conversion, texts)
        legend_below(ax)
        title = texts["title"].format(level=level)
    labels = [shorten(name, MAX_LETTERS) for name in (names[0], *(str(row["step"]) for row in rows), names[1])]
    ax.set_yticks(np.arange(len(labels)), labels, fontsize=9, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["axis"].format(last=labels[-2]), parse_math=False)
    ax.set_title(title, fontsize=11)
    return finish_picture(ax, has_frame=False)


def _draw_bars(
    ax: "Axes", rows: Sequence[Mapping[str, Any]], conversion: Mapping[str, float], texts: Mapping[str, str]
) -> None:
    """Draw the bars with the intervals of their ends, a line from each bar to the next, and what they amount to."""
    ends = ("", "_low", "_high")
    first, last = ([conversion[f"conversion_{side}{end}"] for end in ends] for side in ("before", "after"))
    parts = [[row[f"contribution{end}"] for end in ends] for row in rows]
    length, below, above = np.array([first, *parts, last], dtype=np.float64).T
    start = np.array([0.0, *np.cumsum(length[:-2]), 0.0])
    end, low, high = start + length, start + below, start + above
    tips = np.nanmax([high, start, end], axis=0)
    right = tips.max() or 1.0
    for y, kind in enumerate(["end", *("up" if part >= 0 else "down" for part in length[1:-1]), "end"]):
        colour, hatch = STYLES[kind]
        label = new_label(ax, texts[kind])
        ax.barh(y, length[y], BAR_HEIGHT, start[y], color=colour, hatch=hatch, edgecolor="white", label=label)
        if is_known(low[y]):
            distances = [[max(end[y] - low[y], 0.0)], [max(high[y] - end[y], 0.0)]]
            ax.errorbar(end[y], y, xerr=distances, fmt="none", ecolor="black", capsize=3, linewidth=1.2)
        if y:
            ax.plot([end[y - 1], end[y - 1]], [y - 1, y], color="black", lw=0.6, ls=":", zorder=0)
        text = percent(length[y]) if kind == "end" else texts["points"].format(points=points(length[y]))
        ax.text(tips[y] + 0.015 * right, y, text, va="center", fontsize=9)
    ax.set_xlim(min(np.nanmin([low, start, end]), 0.0) * 1.15, right * 1.22)
