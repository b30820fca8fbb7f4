"""Plots of the steps: conversion to each step with its interval, groups side by side or in panels."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from ..._core.arrays import Floats
from ..._core.optional import require
from ..._core.pictures import PALETTE, figure_of, new_axes, show_text
from ..._core.texts import Locale, is_known, percent
from .table import Groups, StepEstimates

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


def draw_steps(groups: Groups, by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bar per step and group; where windows are open, the naive share as a cross."""
    ax = new_axes(ax, width=8.5, height=4.8)
    _draw_axes(ax, groups, by, level, locale, STYLES)
    show_text(figure_of(ax))
    return ax


def draw_panels(groups: Groups, by: str, level: float, locale: Locale) -> "Axes":
    """Draw one plot per group, all on one scale; return the first axes."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    panels, suffix = largest_groups(groups, MAX_PANELS, locale)
    with_style = [label for label, _ in largest_groups(groups, MAX_GROUPS, locale)[0]]
    styles = dict(zip(with_style, STYLES, strict=False))
    n_columns = min(len(panels), PANELS_PER_ROW)
    n_rows = -(-len(panels) // n_columns)
    figure, axes = pyplot.subplots(
        n_rows, n_columns, figsize=(5.2 * n_columns, 3.9 * n_rows), layout="constrained", squeeze=False, sharey=True
    )
    for ax, (label, estimates) in zip(axes.flat, panels, strict=False):
        _draw_axes(ax, [(label, estimates)], None, level, locale, (styles.get(label, STYLES[-1]),))
        ax.set_title(f"{by}: {_name_with_entrants(label, estimates, locale)}")
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    figure.suptitle(_TEXTS[locale]["title"].format(level=level) + suffix)
    show_text(figure)
    first: Axes = axes[0, 0]
    return first


def _draw_axes(
    ax: "Axes", groups: Groups, by: str | None, level: float, locale: Locale, styles: Sequence[Style]
) -> None:
    texts = _TEXTS[locale]
    groups, suffix = largest_groups(groups, MAX_GROUPS, locale)
    steps = [row["step"] for row in groups[0][1].rows]
    slot = BARS_WIDTH / len(groups)
    font_size = _font_size(ax, BAR_SHARE * slot, groups)
    for index, (label, estimates) in enumerate(groups):
        x = np.arange(len(steps), dtype=np.float64) + (index - (len(groups) - 1) / 2) * slot
        name = None if by is None else _name_with_entrants(label, estimates, locale)
        _draw_bars(ax, estimates, x, BAR_SHARE * slot, styles[index], name)
        for left, row in zip(x, estimates.rows, strict=True):
            if font_size is not None and is_known(row["conversion"]):
                ax.text(
                    left, row["conversion_high"] + 0.015, percent(row["conversion"]), ha="center", fontsize=font_size
                )
        share, naive = estimates.column("conversion"), estimates.column("naive_conversion")
        differs = ~(np.abs(share - naive) <= 1e-9)
        if differs.any():
            ax.plot(x[differs], naive[differs], "x", color="black", label=new_label(ax, texts["naive"]))
    _name_steps(ax, steps)
    ax.yaxis.set_major_formatter(percent)
    title = texts["title"].format(level=level) + suffix
    ax.set(ylim=(0, 1.12), yticks=np.linspace(0, 1, 6), ylabel=texts["share"], title=title)
    finish_axes(ax, by)


def _draw_bars(ax: "Axes", estimates: StepEstimates, x: Floats, width: float, style: Style, label: str | None) -> None:
    """Draw the bars of a group with intervals."""
    share, low, high = (estimates.column(name) for name in ("conversion", "conversion_low", "conversion_high"))
    known, (colour, hatch) = ~np.isnan(share), style
    distances = np.abs([share - low, high - share])[:, known]
    ax.bar(x, np.where(known, share, 0.0), width, label=label, color=colour, hatch=hatch, edgecolor="white")
    ax.errorbar(x[known], share[known], distances, fmt="none", ecolor="black", capsize=3, linewidth=1.2)


def _font_size(ax: "Axes", width: float, groups: Groups) -> float | None:
    """Return the size, in points, at which each bar has room for its share above it; None where none is readable."""
    n_letters = max(len(percent(row["conversion"])) for _, estimates in groups for row in estimates.rows)
    bar_width = 72 * _axes_width(ax) * width / len(groups[0][1].rows)
    size = min(bar_width / (DIGIT_WIDTH * n_letters), MAX_FONT_SIZE)
    return size if size >= MIN_FONT_SIZE else None


def _name_steps(ax: "Axes", steps: list[str]) -> None:
    """Name the steps below the bars, in lines as wide as there is room, rotated where that is not enough."""
    n_letters = LETTERS_PER_INCH * _axes_width(ax) / len(steps)
    is_rotated = any(len(word) > n_letters for step in steps for word in step.split())
    width = max(int(n_letters), MIN_LINE_LETTERS)
    names = [shorten(step, MAX_ROTATED_LETTERS) if is_rotated else fill(step, width) for step in steps]
    ax.set_xticks(np.arange(len(steps)), names, fontsize=9, parse_math=False)
    if is_rotated:
        ax.tick_params(axis="x", rotation=30)
        for text in ax.get_xticklabels():
            text.set_horizontalalignment("right")


def _axes_width(ax: "Axes") -> float:
    """Return the width of the axes in inches."""
    return float(ax.get_position().width) * float(figure_of(ax).get_figwidth())


def shorten(text: str, n_letters: int) -> str:
    """Return at most the first letters of a text."""
    return text if len(text) <= n_letters else f"{text[: n_letters - 1]}…"


def largest_groups(groups: Groups, most: int, locale: Locale) -> tuple[Groups, str]:
    """Return the groups to draw, the largest where there are too many, and what the title says of that."""
    if len(groups) <= most:
        return groups, ""
    largest = sorted(sorted(range(len(groups)), key=lambda index: -groups[index][1].entrants)[:most])
    return [groups[index] for index in largest], _TEXTS[locale]["largest"].format(n=most, all=len(groups))


def group_name(label: object, locale: Locale) -> str:
    """Return the value of a group as text."""
    return _TEXTS[locale]["unknown"] if label is None else str(label)


def _name_with_entrants(label: object, estimates: StepEstimates, locale: Locale) -> str:
    return _TEXTS[locale]["entered"].format(label=group_name(label, locale), n=estimates.entrants)


def new_label(ax: "Axes", label: str) -> str | None:
    """Return a label for the legend; None where it has that entry already."""
    return None if label in ax.get_legend_handles_labels()[1] else label


def finish_axes(ax: "Axes", legend_title: str | None) -> None:
    """Draw the legend, if there is anything in it, and leave out the frame on two sides."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, title=legend_title)
    ax.spines[["top", "right"]].set_visible(False)
