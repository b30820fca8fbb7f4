"""The waterfall of a comparison: from one conversion to the other, step by step, with intervals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.pictures import PALETTE, figure_of, new_axes, show_text
from ..._core.texts import Locale, is_known, percent
from .._steps.plot import new_label, shorten
from .summary import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LETTERS = 34
"""Letters of a step's name."""
BAR_HEIGHT = 0.62
GREY = "#BDBDBD"
STYLES = {"end": (GREY, ""), "up": (PALETTE[0], ""), "down": (PALETTE[1], "///")}
"""Colour and hatch, which differ in grey too."""
Bar = dict[str, Any]

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
    if is_known(conversion["p_value"]):
        bars = _bars(rows, conversion)
        _draw_bars(ax, bars, texts)
        # Below the label of the axis, whatever the height.
        ax.legend(
            frameon=False, fontsize=8, ncols=3, loc="upper right", bbox_to_anchor=(1.0, -1.55 / (len(bars) + 2.1))
        )
        title = texts["title"].format(level=level)
    else:
        title = texts["unknown"]
    labels = [names[0], *(str(row["step"]) for row in rows), names[1]]
    ax.set_yticks(
        np.arange(len(labels)), [shorten(label, MAX_LETTERS) for label in labels], fontsize=9, parse_math=False
    )
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["axis"].format(last=shorten(str(rows[-1]["step"]), MAX_LETTERS)), parse_math=False)
    ax.set_title(title, fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    show_text(figure_of(ax))
    return ax


def _bars(rows: Sequence[Mapping[str, Any]], conversion: Mapping[str, float]) -> list[Bar]:
    """Return the bars: start, length, limits of the end, kind and text."""
    bars = [_end_bar(conversion, "before")]
    start = conversion["conversion_before"]
    for row in rows:
        change = row["contribution"]
        bars.append(
            {
                "start": start,
                "length": change,
                "low": start + row["contribution_low"],
                "high": start + row["contribution_high"],
                "kind": "up" if change >= 0 else "down",
                "text": points(change),
            }
        )
        start += change
    return [*bars, _end_bar(conversion, "after")]


def _end_bar(conversion: Mapping[str, float], side: str) -> Bar:
    share, low, high = (conversion[f"conversion_{side}{suffix}"] for suffix in ("", "_low", "_high"))
    return {"start": 0.0, "length": share, "low": low, "high": high, "kind": "end", "text": percent(share)}


def _draw_bars(ax: "Axes", bars: Sequence[Bar], texts: Mapping[str, str]) -> None:
    tips = [np.nanmax([bar["high"], bar["start"], bar["start"] + bar["length"]]) for bar in bars]
    right = max(tips) or 1.0
    for y, bar in enumerate(bars):
        _draw_bar(ax, y, bar, new_label(ax, texts[bar["kind"]]))
        if y:
            last_end = bars[y - 1]["start"] + bars[y - 1]["length"]
            ax.plot([last_end, last_end], [y - 1, y], color="black", lw=0.6, ls=":", zorder=0)
        text = bar["text"] if bar["kind"] == "end" else texts["points"].format(points=bar["text"])
        ax.text(tips[y] + 0.015 * right, y, text, va="center", fontsize=9)
    low = min(np.nanmin([bar["low"], bar["start"], bar["start"] + bar["length"]]) for bar in bars)
    ax.set_xlim(min(low, 0.0) * 1.15, right * 1.22)


def _draw_bar(ax: "Axes", y: int, bar: Bar, label: str | None) -> None:
    """Draw one bar with the interval of its end."""
    colour, hatch = STYLES[bar["kind"]]
    ax.barh(y, bar["length"], BAR_HEIGHT, bar["start"], color=colour, hatch=hatch, edgecolor="white", label=label)
    if is_known(bar["low"]):
        end = bar["start"] + bar["length"]
        distances = [[max(end - bar["low"], 0.0)], [max(bar["high"] - end, 0.0)]]
        ax.errorbar(end, y, xerr=distances, fmt="none", ecolor="black", capsize=3, linewidth=1.2)
