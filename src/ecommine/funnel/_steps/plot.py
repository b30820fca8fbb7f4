"""The picture of a funnel: conversion to each step, with its interval, group beside group."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.optional import require
from ..._core.pictures import PALETTE, figure_of, new_axes, percent, show_text
from ..._core.texts import Locale
from .._curves import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HATCHES = ("", "//", "..", "xx", "--", "\\\\", "++", "oo")
MOST_PANELS = 12
MOST = len(PALETTE)
"""Groups that can be told apart."""
LOOKS = (*zip(PALETTE, HATCHES, strict=True), ("#999999", ""))
"""Colour and pattern of each group by its place; the last is of those that have none of their own."""
SMALLEST, LARGEST, DIGIT = 6.0, 9.0, 0.65
"""Print of the shares above bars (points), and how wide a digit is for its height."""
LETTERS = 11
"""Letters of a name that an inch holds."""
LEAST, LONGEST = 8, 28
"""Letters of a line at least, and of a name aslant at most."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "share": "conversion (share of those that entered)",
        "title": "How many reach each step (lines: {level:.0%} intervals)",
        "naive": "open windows counted as lost",
        "first": "; the largest {n} of {all} groups",
        "n": "{label} ({n:,} entered)",
        "none": "unknown",
    },
    "zh": {
        "share": "转化率（占进入者的比例）",
        "title": "到达各步骤的比例（线段为{level:.0%}区间）",
        "naive": "未结束窗口计为流失",
        "first": "；{all}组中最大的{n}组",
        "n": "{label}（进入{n:,}）",
        "none": "未知",
    },
}


def draw_steps(frame: nw.DataFrame[Any], by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bar a step and group; where windows are open, the naive share as a cross."""
    ax = new_axes(ax, width=8.5, height=4.8)
    _draw(frame, by, level, ax, locale)
    show_text(figure_of(ax))
    return ax


def _draw(
    frame: nw.DataFrame[Any], by: str | None, level: float, ax: "Axes", locale: Locale, look: tuple[str, str] = LOOKS[0]
) -> None:
    texts = _TEXTS[locale]
    labels, more = labels_of(frame, by, MOST, locale)
    steps = list(dict.fromkeys(frame["step"].to_list()))
    width = 0.8 / len(labels)
    size = _small_print(ax, 0.92 * width, len(steps), frame["conversion"].to_list())
    looks, naive = [look] if by is None else LOOKS, texts["naive"]
    for place, label in enumerate(labels):
        rows = frame if by is None else frame.filter(is_group(by, label))
        at = np.arange(len(steps), dtype=np.float64) + (place - (len(labels) - 1) / 2) * width
        name = None if by is None else texts["n"].format(label=shown(label, locale), n=rows["reached"].to_list()[0])
        if _draw_bars(ax, rows, at, 0.92 * width, looks[place], name, naive, size):
            naive = ""  # one entry of the legend is enough
    _name_steps(ax, steps)
    ax.yaxis.set_major_formatter(percent)
    ax.set_ylim(0, 1.12)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylabel(texts["share"])
    ax.set_title(texts["title"].format(level=level) + more)
    if by is not None or not naive:
        ax.legend(frameon=False, title=by)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_bars(
    ax: "Axes",
    rows: nw.DataFrame[Any],
    at: Floats,
    width: float,
    look: tuple[str, str],
    name: str | None,
    naive_name: str,
    size: float | None,
) -> bool:
    """Draw the bars of a group, their intervals and, of this size, their shares; tell whether there are crosses."""
    share, low, high, naive = (
        rows[one].cast(nw.Float64).to_numpy().astype(np.float64)
        for one in ("conversion", "conversion_low", "conversion_high", "naive_conversion")
    )
    known, (colour, hatch) = ~np.isnan(share), look
    ax.bar(at, np.where(known, share, 0.0), width, label=name, color=colour, hatch=hatch, edgecolor="white")
    ends = np.abs(np.vstack([share - low, high - share]))
    ax.errorbar(at[known], share[known], ends[:, known], fmt="none", ecolor="black", capsize=3, linewidth=1.2)
    if size is not None:
        for x, y, top in zip(at[known], share[known], high[known], strict=True):
            ax.text(x, top + 0.015, percent(y), ha="center", fontsize=size)
    apart = ~known | (np.abs(share - naive) > 1e-9)
    if apart.any():
        ax.plot(at[apart], naive[apart], "x", color="black", label=naive_name or None)
    return bool(apart.any())


def _small_print(ax: "Axes", width: float, n_steps: int, shares: list[float | None]) -> float | None:
    """Return the size, in points, at which each bar has room for its share above it; None where no size can be read."""
    longest = max((len(percent(share)) for share in shares if share is not None and share == share), default=1)
    bar = 72 * float(ax.get_position().width) * float(figure_of(ax).get_figwidth()) * width / n_steps
    size = min(bar / (DIGIT * longest), LARGEST)
    return size if size >= SMALLEST else None


def _name_steps(ax: "Axes", steps: list[str]) -> None:
    """Name the steps below the bars, in lines as wide as there is room, aslant where that is not enough."""
    room = LETTERS * float(ax.get_position().width) * float(figure_of(ax).get_figwidth()) / len(steps)
    aslant = any(len(word) > room for step in steps for word in step.split())
    names = [_cut(step) if aslant else fill(step, max(int(room), LEAST)) for step in steps]
    ax.set_xticks(np.arange(len(steps)), names, fontsize=9, parse_math=False)
    if aslant:
        ax.tick_params(axis="x", rotation=30)
        for text in ax.get_xticklabels():
            text.set_horizontalalignment("right")


def _cut(step: str) -> str:
    return step if len(step) <= LONGEST else f"{step[: LONGEST - 1]}…"


def labels_of(
    frame: nw.DataFrame[Any], by: str | None, most: int, locale: Locale, order: Sequence[Any] = ()
) -> tuple[list[Any], str]:
    """Return the groups to be drawn, the largest where there are too many, and what the title says of that.

    They come as in the table, or by ``order``: the first period may lack a group.
    """
    if by is None:
        return [None], ""
    given = frame[by].to_list()
    labels = list(dict.fromkeys(None if label is pd.NA or label != label else label for label in given))
    labels = [label for label in order if label in labels] or labels
    if len(labels) <= most:
        return labels, ""
    entries = frame.filter(nw.col("step") == frame["step"].to_list()[0])  # one a group, or one a period and group
    entered = [entries.filter(is_group(by, label))["reached"].sum() for label in labels]
    kept = sorted(sorted(range(len(labels)), key=lambda place: -entered[place])[:most])
    return [labels[place] for place in kept], _TEXTS[locale]["first"].format(n=most, all=len(labels))


def shown(label: object, locale: Locale) -> str:
    """Write the value of a group."""
    return _TEXTS[locale]["none"] if label is None else str(label)


def is_group(by: str, label: object) -> nw.Expr:
    """Tell which rows are of a group."""
    return nw.col(by).is_null() if label is None else nw.col(by) == label


def draw_panels(frame: nw.DataFrame[Any], by: str, level: float, locale: Locale) -> "Axes":
    """Draw a picture a group, all on one scale; return the first axes."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    labels, more = labels_of(frame, by, MOST_PANELS, locale)
    looks = dict(zip(labels_of(frame, by, MOST, locale)[0], LOOKS, strict=False))
    wide = min(len(labels), 3)
    tall = -(-len(labels) // wide)
    figure, axes = pyplot.subplots(
        tall, wide, figsize=(5.2 * wide, 3.9 * tall), layout="constrained", squeeze=False, sharey=True
    )
    for ax, label in zip(axes.flat, labels, strict=False):
        rows = frame.filter(is_group(by, label))
        _draw(rows, None, level, ax, locale, looks.get(label, LOOKS[-1]))
        name = _TEXTS[locale]["n"].format(label=shown(label, locale), n=rows["reached"].to_list()[0])
        ax.set_title(f"{by}: {name}")
    for ax in axes.flat[len(labels) :]:
        ax.set_visible(False)
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    figure.suptitle(_TEXTS[locale]["title"].format(level=level) + more)
    show_text(figure)
    first: Axes = axes[0, 0]
    return first
