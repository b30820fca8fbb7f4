"""The picture of a comparison: from the one conversion to the other, step by step, with intervals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.pictures import PALETTE, new_axes, percent, show_text
from ..._core.texts import Locale
from .summary import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL = 34
"""Letters of a step's name."""
GREY = "#BDBDBD"
LOOKS = {"end": (GREY, ""), "up": (PALETTE[0], ""), "down": (PALETTE[1], "///")}
"""Colour and hatch, which differ in grey too."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Which step explains the difference (lines: {level:.0%} intervals)",
        "axis": "conversion to {last} (share of those that entered)",
        "end": "conversion",
        "up": "raises it",
        "down": "lowers it",
        "points": "{points} points",
        "unknown": "the conversion of one funnel is not known",
    },
    "zh": {
        "title": "差异来自哪一步（线段为{level:.0%}区间）",
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
    ends: Mapping[str, float],
    level: float,
    names: tuple[str, str],
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw a bar from the top down: the one conversion, what each step adds, the other conversion."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=9.0, height=2.2 + 0.42 * (len(rows) + 2))
    if ends["p_value"] == ends["p_value"]:
        bars = _bars(rows, ends)
        _draw(ax, bars, texts)
        # Below the label of the axis, whatever the height.
        ax.legend(
            frameon=False, fontsize=8, ncols=3, loc="upper right", bbox_to_anchor=(1.0, -1.55 / (len(bars) + 2.1))
        )
        title = texts["title"].format(level=level)
    else:
        title = texts["unknown"]
    labels = [names[0], *(str(row["step"]) for row in rows), names[1]]
    ax.set_yticks(np.arange(len(labels)), [_cut(one) for one in labels], fontsize=9, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["axis"].format(last=_cut(str(rows[-1]["step"]))), parse_math=False)
    ax.set_title(title, fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    assert figure is not None
    show_text(figure)
    return ax


Bar = dict[str, Any]


def _bars(rows: Sequence[Mapping[str, Any]], ends: Mapping[str, float]) -> list[Bar]:
    """Place the bars: where each begins, how long it is, the limits of its end, how it looks and what it says."""
    bars = [_end(ends, "before")]
    start = ends["conversion_before"]
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
    return [*bars, _end(ends, "after")]


def _end(ends: Mapping[str, float], which: str) -> Bar:
    share, low, high = (ends[f"conversion_{which}{end}"] for end in ("", "_low", "_high"))
    return {"start": 0.0, "length": share, "low": low, "high": high, "kind": "end", "text": percent(share)}


def _draw(ax: "Axes", bars: Sequence[Bar], texts: Mapping[str, str]) -> None:
    named: set[str] = set()
    right = max(np.nanmax([bar["high"], bar["start"], bar["start"] + bar["length"]]) for bar in bars) or 1.0
    for place, bar in enumerate(bars):
        kind, end = bar["kind"], bar["start"] + bar["length"]
        colour, hatch = LOOKS[kind]
        name = None if kind in named else texts[kind]
        named.add(kind)
        ax.barh(place, bar["length"], 0.62, bar["start"], color=colour, hatch=hatch, edgecolor="white", label=name)
        if bar["low"] == bar["low"]:
            ends = [[max(end - bar["low"], 0.0)], [max(bar["high"] - end, 0.0)]]
            ax.errorbar(end, place, xerr=ends, fmt="none", ecolor="black", capsize=3, linewidth=1.2)
        if place:
            before = bars[place - 1]
            ax.plot(
                [before["start"] + before["length"]] * 2, [place - 1, place], color="black", lw=0.6, ls=":", zorder=0
            )
        text = bar["text"] if kind == "end" else texts["points"].format(points=bar["text"])
        tip = np.nanmax([bar["high"], bar["start"], end])
        ax.text(tip + 0.015 * right, place, text, va="center", fontsize=9)
    low = min(np.nanmin([bar["low"], bar["start"], bar["start"] + bar["length"]]) for bar in bars)
    ax.set_xlim(min(low, 0.0) * 1.15, right * 1.22)


def _cut(text: str) -> str:
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"
