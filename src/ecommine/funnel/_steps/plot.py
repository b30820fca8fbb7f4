"""Plots of the steps: conversion to each step with its interval, groups side by side or in panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Floats
from ..._core.optional import require
from ..._core.pictures import PALETTE, figure_of, new_axes, show_text
from ..._core.texts import Locale, is_known, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Style = tuple[str, str]
HATCHES = ("", "//", "..", "xx", "--", "\\\\", "++", "oo")
STYLES: tuple[Style, ...] = (*zip(PALETTE, HATCHES, strict=True), ("#999999", ""))
"""Colour and hatch of each group by its place; the last is for groups that have none of their own."""
MAX_GROUPS = len(PALETTE)
"""Groups that a reader can tell apart."""
MAX_PANELS = 12
PANELS_PER_ROW = 3
BARS_WIDTH = 0.8
"""Width of the bars of one step together; the distance of two steps is 1."""
BAR_SHARE = 0.92
"""Width of a bar, of its part of that."""
MIN_FONT_SIZE, MAX_FONT_SIZE, DIGIT_WIDTH = 6.0, 9.0, 0.65
"""Size of the shares above bars (points), and width of a digit as a share of its height."""
LETTERS_PER_INCH = 11
MIN_LINE_LETTERS, MAX_ROTATED_LETTERS = 8, 28
"""Letters of a line at least, and of a rotated name at most."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "share": "conversion (share of entrants)",
        "title": "How many reach each step (lines: {level:.0%} intervals)",
        "naive": "open windows counted as lost",
        "largest": "; the largest {n} of {all} groups",
        "entered": "{label} ({n:,} entered)",
        "unknown": "unknown",
    },
    "zh": {
        "share": "转化率（占进入者的比例）",
        "title": "到达各步骤的比例（线段为{level:.0%}置信区间）",
        "naive": "未结束的窗口计为流失",
        "largest": "；{all}个组中最大的{n}个",
        "entered": "{label}（进入{n:,}）",
        "unknown": "未知",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bars:
    """How the bars of one group are drawn."""

    x: Floats
    width: float
    style: Style
    label: str | None
    naive_label: str
    font_size: float | None


def draw_steps(frame: nw.DataFrame[Any], by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bar per step and group; where windows are open, the naive share as a cross."""
    ax = new_axes(ax, width=8.5, height=4.8)
    _draw_axes(frame, by, level, ax, locale)
    show_text(figure_of(ax))
    return ax


def draw_panels(frame: nw.DataFrame[Any], by: str, level: float, locale: Locale) -> "Axes":
    """Draw one plot per group, all on one scale; return the first axes."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    labels, suffix = select_groups(frame, by, MAX_PANELS, locale)
    styles = dict(zip(select_groups(frame, by, MAX_GROUPS, locale)[0], STYLES, strict=False))
    n_columns = min(len(labels), PANELS_PER_ROW)
    n_rows = -(-len(labels) // n_columns)
    figure, axes = pyplot.subplots(
        n_rows, n_columns, figsize=(5.2 * n_columns, 3.9 * n_rows), layout="constrained", squeeze=False, sharey=True
    )
    for ax, label in zip(axes.flat, labels, strict=False):
        rows = frame.filter(is_group(by, label))
        _draw_axes(rows, None, level, ax, locale, styles.get(label, STYLES[-1]))
        ax.set_title(f"{by}: {_name_group(rows, label, locale)}")
    for ax in axes.flat[len(labels) :]:
        ax.set_visible(False)
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    figure.suptitle(_TEXTS[locale]["title"].format(level=level) + suffix)
    show_text(figure)
    first: Axes = axes[0, 0]
    return first


def _draw_axes(
    frame: nw.DataFrame[Any], by: str | None, level: float, ax: "Axes", locale: Locale, style: Style = STYLES[0]
) -> None:
    texts = _TEXTS[locale]
    labels, suffix = select_groups(frame, by, MAX_GROUPS, locale)
    steps = list(dict.fromkeys(frame["step"].to_list()))
    slot = BARS_WIDTH / len(labels)
    font_size = _font_size(ax, BAR_SHARE * slot, len(steps), frame["conversion"].to_list())
    naive_label = texts["naive"]
    for index, label in enumerate(labels):
        rows = frame if by is None else frame.filter(is_group(by, label))
        bars = _Bars(
            x=np.arange(len(steps), dtype=np.float64) + (index - (len(labels) - 1) / 2) * slot,
            width=BAR_SHARE * slot,
            style=style if by is None else STYLES[index],
            label=None if by is None else _name_group(rows, label, locale),
            naive_label=naive_label,
            font_size=font_size,
        )
        if _draw_bars(ax, rows, bars):
            naive_label = ""  # one entry of the legend is enough
    _name_steps(ax, steps)
    ax.yaxis.set_major_formatter(percent)
    ax.set_ylim(0, 1.12)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylabel(texts["share"])
    ax.set_title(texts["title"].format(level=level) + suffix)
    if by is not None or not naive_label:
        ax.legend(frameon=False, title=by)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_bars(ax: "Axes", rows: nw.DataFrame[Any], bars: _Bars) -> bool:
    """Draw the bars of a group with intervals and shares; return whether a naive share was drawn."""
    share, low, high, naive = (
        float_column(rows, name) for name in ("conversion", "conversion_low", "conversion_high", "naive_conversion")
    )
    known, (colour, hatch) = ~np.isnan(share), bars.style
    heights = np.where(known, share, 0.0)
    ax.bar(bars.x, heights, bars.width, label=bars.label, color=colour, hatch=hatch, edgecolor="white")
    limits = np.abs(np.vstack([share - low, high - share]))
    ax.errorbar(bars.x[known], share[known], limits[:, known], fmt="none", ecolor="black", capsize=3, linewidth=1.2)
    if bars.font_size is not None:
        for x, y, top in zip(bars.x[known], share[known], high[known], strict=True):
            ax.text(x, top + 0.015, percent(y), ha="center", fontsize=bars.font_size)
    differs = ~known | (np.abs(share - naive) > 1e-9)
    if differs.any():
        ax.plot(bars.x[differs], naive[differs], "x", color="black", label=bars.naive_label or None)
    return bool(differs.any())


def _font_size(ax: "Axes", width: float, n_steps: int, shares: list[float | None]) -> float | None:
    """Return the size, in points, at which each bar has room for its share above it; None where none is readable."""
    n_letters = max((len(percent(share)) for share in shares if is_known(share)), default=1)
    bar_width = 72 * _axes_width(ax) * width / n_steps
    size = min(bar_width / (DIGIT_WIDTH * n_letters), MAX_FONT_SIZE)
    return size if size >= MIN_FONT_SIZE else None


def _name_steps(ax: "Axes", steps: list[str]) -> None:
    """Name the steps below the bars, in lines as wide as there is room, rotated where that is not enough."""
    n_letters = LETTERS_PER_INCH * _axes_width(ax) / len(steps)
    is_rotated = any(len(word) > n_letters for step in steps for word in step.split())
    width = max(int(n_letters), MIN_LINE_LETTERS)
    names = [_shorten(step) if is_rotated else fill(step, width) for step in steps]
    ax.set_xticks(np.arange(len(steps)), names, fontsize=9, parse_math=False)
    if is_rotated:
        ax.tick_params(axis="x", rotation=30)
        for text in ax.get_xticklabels():
            text.set_horizontalalignment("right")


def _axes_width(ax: "Axes") -> float:
    """Return the width of the axes in inches."""
    return float(ax.get_position().width) * float(figure_of(ax).get_figwidth())


def _shorten(step: str) -> str:
    return step if len(step) <= MAX_ROTATED_LETTERS else f"{step[: MAX_ROTATED_LETTERS - 1]}…"


def select_groups(
    frame: nw.DataFrame[Any], by: str | None, most: int, locale: Locale, order: Sequence[Any] = ()
) -> tuple[list[Any], str]:
    """Return the groups to draw, the largest where there are too many, and what the title says of that.

    They are in the order of the table, or in ``order``: the first period may lack a group.
    """
    if by is None:
        return [None], ""
    values = frame[by].to_list()
    labels = list(dict.fromkeys(None if label is pd.NA or label != label else label for label in values))
    labels = [label for label in order if label in labels] or labels
    if len(labels) <= most:
        return labels, ""
    entries = frame.filter(nw.col("step") == frame["step"].to_list()[0])  # one per group, or one per period and group
    entrants = [entries.filter(is_group(by, label))["reached"].sum() for label in labels]
    largest = sorted(sorted(range(len(labels)), key=lambda index: -entrants[index])[:most])
    return [labels[index] for index in largest], _TEXTS[locale]["largest"].format(n=most, all=len(labels))


def group_name(label: object, locale: Locale) -> str:
    """Return the value of a group as text."""
    return _TEXTS[locale]["unknown"] if label is None else str(label)


def _name_group(rows: nw.DataFrame[Any], label: object, locale: Locale) -> str:
    """Return the value of a group with its entrants."""
    return _TEXTS[locale]["entered"].format(label=group_name(label, locale), n=rows["reached"].to_list()[0])


def is_group(by: str, label: object) -> nw.Expr:
    """Return which rows belong to a group."""
    return nw.col(by).is_null() if label is None else nw.col(by) == label


def float_column(rows: nw.DataFrame[Any], name: str) -> Floats:
    """Return a column as floats, NaN where it is null."""
    return rows[name].cast(nw.Float64).to_numpy().astype(np.float64)
