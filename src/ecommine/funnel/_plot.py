"""The picture of a funnel: conversion to each step, with its interval, group beside group."""

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.optional import require
from .._core.pictures import PALETTE, new_axes, percent, show_text
from ._summary import Locale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HATCHES = ("", "//", "..", "xx", "--", "\\\\", "++", "oo")
MOST_PANELS = 12
MOST = len(PALETTE)
"""Groups that can be told apart."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "share": "conversion (share of those that entered)",
        "title": "How many reach each step (lines: {level:.0%} intervals)",
        "naive": "open windows counted as lost",
        "first": "; the first {n} of {all} groups",
        "none": "unknown",
    },
    "zh": {
        "share": "转化率（占进入者的比例）",
        "title": "到达各步骤的比例（线段为{level:.0%}区间）",
        "naive": "未结束窗口计为流失",
        "first": "；{all}组中的前{n}组",
        "none": "未知",
    },
}


def draw_steps(frame: nw.DataFrame[Any], by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bar a step and group; where windows are open, the naive share as a cross."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    labels = [None] if by is None else labels_of(frame[by])
    steps = list(dict.fromkeys(frame["step"].to_list()))
    shown, width = labels[:MOST], 0.8 / min(len(labels), MOST)
    naive_drawn = False
    for place, label in enumerate(shown):
        rows = frame if by is None else frame.filter(_is(by, label))
        at = np.arange(len(steps)) + (place - (len(shown) - 1) / 2) * width
        share, low, high, naive = (
            rows[name].cast(nw.Float64).to_numpy().astype(np.float64)
            for name in ("conversion", "conversion_low", "conversion_high", "naive_conversion")
        )
        known = ~np.isnan(share)
        name = None if by is None else texts["none"] if label is None else str(label)
        tall = np.where(known, share, 0.0)
        ax.bar(at, tall, width * 0.92, label=name, color=PALETTE[place], hatch=HATCHES[place], edgecolor="white")
        ends = np.abs(np.vstack([share - low, high - share]))
        ax.errorbar(at[known], share[known], ends[:, known], fmt="none", ecolor="black", capsize=3, linewidth=1.2)
        apart = ~known | (np.abs(share - naive) > 1e-9)
        if apart.any():
            ax.plot(at[apart], naive[apart], "x", color="black", label=None if naive_drawn else texts["naive"])
            naive_drawn = True
        if len(shown) == 1:
            for x, y, top in zip(at[known], share[known], high[known], strict=True):
                ax.text(x, top + 0.015, percent(y), ha="center", fontsize=9)
    ax.set_xticks(np.arange(len(steps)), [_wrapped(step) for step in steps], fontsize=9, parse_math=False)
    ax.yaxis.set_major_formatter(percent)
    ax.set_ylim(0, 1.12)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylabel(texts["share"])
    more = texts["first"].format(n=len(shown), all=len(labels)) if len(labels) > len(shown) else ""
    ax.set_title(texts["title"].format(level=level) + more)
    if by is not None or naive_drawn:
        ax.legend(frameon=False, title=by)
    ax.spines[["top", "right"]].set_visible(False)
    show_text(figure_of(ax))
    return ax


def figure_of(ax: "Axes") -> "Figure":
    """Return the figure that the axes belong to."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def draw_panels(frame: nw.DataFrame[Any], by: str, level: float, locale: Locale) -> "Axes":
    """Draw a picture a group, all on one scale; return the first axes."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    labels = labels_of(frame[by])[:MOST_PANELS]
    wide = min(len(labels), 3)
    tall = -(-len(labels) // wide)
    figure, axes = pyplot.subplots(
        tall, wide, figsize=(5.2 * wide, 3.9 * tall), layout="constrained", squeeze=False, sharey=True
    )
    for ax, label in zip(axes.flat, labels, strict=False):
        draw_steps(frame.filter(_is(by, label)), None, level, ax, locale)
        ax.set_title(f"{by}: {_TEXTS[locale]['none'] if label is None else label}")
        ax.tick_params(axis="x", rotation=20)
    for ax in axes.flat[len(labels) :]:
        ax.set_visible(False)
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    figure.suptitle(_TEXTS[locale]["title"].format(level=level))
    show_text(figure)
    first: Axes = axes[0, 0]
    return first


def labels_of(values: nw.Series[Any]) -> list[Any]:
    """Return the groups in the order of their rows; what is unknown is None, whatever a library writes for it."""
    return list(dict.fromkeys(None if label is None or label != label else label for label in values.to_list()))


def _is(by: str, label: object) -> nw.Expr:
    return nw.col(by).is_null() if label is None else nw.col(by) == label


def _wrapped(step: str) -> str:
    return step.replace(" (", "\n(") if len(step) > 16 else step
