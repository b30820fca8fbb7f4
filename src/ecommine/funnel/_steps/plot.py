"""Plots of a funnel: conversion by step as bars or in panels, by the time since the entry, and by period."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Floats
from ..._core.moments import SECOND
from ..._core.optional import require
from ..._core.pictures import PALETTE, even_percents, figure_of, finish_picture, new_axes, show_text
from ..._core.texts import Locale, duration_in_words, is_known, percent, shorten
from ..._stats.intervals import normal_quantile
from .estimates import MAX_CURVES, StepCurve
from .table import Groups, Labelled, StepEstimates
from .units import UnitStore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Style = tuple[str, str]
HATCHES = ("", "//", "..", "xx", "--", "\\\\", "++", "oo")
STYLES: tuple[Style, ...] = (*zip(PALETTE, HATCHES, strict=True), ("#999999", ""))
"""Colour and hatch of each group by its place; the last is for groups that have none of their own."""
MAX_PANELS, PANELS_PER_ROW = 12, 3
BARS_WIDTH, BAR_SHARE = 0.8, 0.92
"""Width of the bars of one step together, where the distance of two steps is 1, and of a bar, of its part of that."""
MIN_FONT_SIZE, MAX_FONT_SIZE, DIGIT_WIDTH = 6.0, 9.0, 0.65
"""Size of the shares above bars (points), and width of a digit as a share of its height."""
LETTERS_PER_INCH = 11
MIN_LINE_LETTERS, MAX_ROTATED_LETTERS = 8, 28
"""Letters of a line at least, and of a rotated name at most."""
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (6, 2, 2, 2)))
MARKERS = "osD^vPX*"
"""Lines and markers by place, so that groups differ in grey print too."""
INTERVAL_SPACING = 1.06
"""Ratio of the times at which the intervals at the ends of curves stand."""
MIN_UNITS_FOR_BAND = 20
"""Units from which the whole band of a curve is in the plot."""
_DURATIONS = {"1s": 1, "10s": 10, "1min": 60, "10min": 600, "1h": 3_600, "6h": 21_600, "1d": 86_400, "7d": 604_800,
              "30d": 2_592_000}  # fmt: skip
"""Marks of the axis of time, and their seconds."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "share": "conversion (share of entrants)",
        "title": "How many reach each step (lines: {level:.0%} intervals)",
        "naive": "open windows counted as lost",
        "largest": "; the largest {n} of {all} groups",
        "entered": "{label} ({n:,} entered)",
        "unknown": "unknown",
        "since": "time since the entry (log scale)",
        "reached_so_far": "share that has reached the step",
        "time": "How long it takes ({bands})",
        "time_to_last": "How long it takes to reach {step} ({bands})",
        "bands": "bands: {level:.0%} intervals",
        "cut": ", cut where units are few",
        "period": "start of the period of first entry",
        "to_step": "conversion to {step}",
        "periods": "Conversion by period of entry (lines: {level:.0%} intervals)",
        "period_open": "period not over",
        "more": "; {n} of {all}",
    },
    "zh": {
        "share": "转化率（占进入者的比例）",
        "title": "到达各步骤的比例（线段为{level:.0%}置信区间）",
        "naive": "未结束的窗口计为流失",
        "largest": "；{all}个组中最大的{n}个",
        "entered": "{label}（进入{n:,}）",
        "unknown": "未知",
        "since": "进入后的时间（对数刻度）",
        "reached_so_far": "已到达该步骤的比例",
        "time": "到达各步骤所需时间（{bands}）",
        "time_to_last": "到达{step}所需时间（{bands}）",
        "bands": "色带为{level:.0%}置信区间",
        "cut": "，样本少的部分超出画面",
        "period": "首次进入所在周期的起始日",
        "to_step": "到{step}的转化率",
        "periods": "按进入周期的转化率（线段为{level:.0%}置信区间）",
        "period_open": "周期尚未结束",
        "more": "；共{all}条，显示{n}条",
    },
}


def draw_steps(groups: Groups, by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bar per step and group; where windows are open, the naive share as a cross."""
    ax = new_axes(ax, width=8.5, height=4.8)
    _draw_axes(ax, groups, by, level, locale, STYLES)
    return finish_picture(ax)


def draw_panels(groups: Groups, by: str, level: float, locale: Locale) -> "Axes":
    """Draw one plot per group, all on one scale; return the first axes."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    panels, suffix = largest_groups(groups, MAX_PANELS, locale)
    with_style = [label for label, _ in largest_groups(groups, MAX_CURVES, locale)[0]]
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
    groups, suffix = largest_groups(groups, MAX_CURVES, locale)
    steps = [row["step"] for row in groups[0][1].rows]
    slot = BARS_WIDTH / len(groups)
    font_size = _font_size(ax, BAR_SHARE * slot, groups)
    for index, (label, estimates) in enumerate(groups):
        x = np.arange(len(steps), dtype=np.float64) + (index - (len(groups) - 1) / 2) * slot
        name = None if by is None else _name_with_entrants(label, estimates, locale)
        _draw_bars(ax, estimates, x, BAR_SHARE * slot, styles[index], name)
        shares = even_percents([row["conversion"] if is_known(row["conversion"]) else np.nan for row in estimates.rows])
        for left, row, share_text in zip(x, estimates.rows, shares, strict=True):
            if font_size is not None and share_text:
                ax.text(left, row["conversion_high"] + 0.015, share_text, ha="center", fontsize=font_size)
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


def draw_time(store: UnitStore, by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the share that has reached each step by the time since the entry; with groups, the last step."""
    ax, texts, z = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale], normal_quantile(level)
    steps, window = store.step_labels, store.plan.window
    curves, n_possible = store.curves(by_group=by is not None)
    later = [curve.time[curve.time >= SECOND] for curve in curves]
    first = min((float(time.min()) for time in later if len(time)), default=float(SECOND)) / SECOND
    first = min(first, window / SECOND / 2)
    for index, curve in enumerate(curves):
        label = steps[curve.step] if by is None else group_name(curve.label[by], locale)
        _draw_curve(ax, curve, curve.limits(z), first, index, label)
    top, is_cut = _top(curves, z)
    right = window / SECOND * INTERVAL_SPACING ** (len(curves) + 1)
    ax.set_xscale("log")
    ax.set(xlim=(first, right), ylim=(0, top), xlabel=texts["since"], ylabel=texts["reached_so_far"])
    marks = {name: seconds for name, seconds in _DURATIONS.items() if first <= seconds <= window / SECOND * 1.01}
    ax.set_xticks(list(marks.values()), [duration_in_words(name, locale) for name in marks], fontsize=8)
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(percent)
    suffix = texts["more"].format(n=len(curves), all=n_possible) if n_possible > len(curves) else ""
    bands = texts["bands"].format(level=level) + (texts["cut"] if is_cut else "")
    ax.set_title(texts["time" if by is None else "time_to_last"].format(bands=bands, step=steps[-1]) + suffix)
    finish_axes(ax, by)
    return finish_picture(ax)


def _draw_curve(
    ax: "Axes", curve: StepCurve, limits: tuple[Floats, Floats], first: float, index: int, label: str
) -> None:
    """Draw a curve with its band; the end, which is the conversion, has an interval of its own: there may be a jump."""
    time, share, (low, high) = np.maximum(curve.time / SECOND, first), curve.share, limits
    colour, marker = PALETTE[index], MARKERS[index]
    # Markers are spread by their distance in the plot.
    markers: dict[str, Any] = {"marker": marker, "markevery": (0.015 * index, 0.13), "markersize": 5}
    ax.plot(time, share, linestyle=LINES[index], color=colour, linewidth=1.8, label=label, **markers)
    ax.fill_between(time, low, high, color=colour, alpha=0.18, linewidth=0)
    ends = np.abs([[share[-1] - low[-1]], [high[-1] - share[-1]]])
    beside = time[-1:] * INTERVAL_SPACING ** (index + 1)  # at the end itself those of all groups would overlap
    ax.errorbar(beside, share[-1:], ends, fmt=marker, color=colour, markersize=5, capsize=3)


def _top(curves: Sequence[StepCurve], z: float) -> tuple[float | None, bool]:
    """Return the upper limit of the plot and whether it cuts a band: those of few units would flatten the others."""
    sizes = [int(curve.n_observed.max(initial=0)) for curve in curves]
    highs = [float(np.fmax.reduce(curve.limits(z)[1], initial=0.0)) for curve in curves]
    large = [high for high, n in zip(highs, sizes, strict=True) if n >= min(MIN_UNITS_FOR_BAND, max(sizes))]
    shares = [float(np.fmax.reduce(curve.share, initial=0.0)) for curve in curves]
    top = 1.05 * max([*large, *shares], default=0.0)
    return top or None, max(highs, default=0.0) > top


def draw_periods(
    periods: Sequence[Labelled], groups: Groups, by: str | None, level: float, ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw conversion to the last step by period, one line per group; a period that is not over is hollow."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    groups, suffix = largest_groups(groups, MAX_CURVES, locale)
    for index, (value, _) in enumerate(groups):
        of_group = [(label, part) for label, part in periods if by is None or label[by] == value]
        _draw_line(ax, of_group, index, None if by is None else group_name(value, locale), texts["period_open"])
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(percent)
    ax.tick_params(axis="x", rotation=30)
    share = texts["to_step"].format(step=groups[0][1].rows[-1]["step"])
    ax.set(xlabel=texts["period"], ylabel=share, title=texts["periods"].format(level=level) + suffix)
    finish_axes(ax, by)
    return finish_picture(ax)


def _draw_line(ax: "Axes", periods: Sequence[Labelled], index: int, name: str | None, open_label: str) -> None:
    time = np.array([label["period_at"] for label, _ in periods], dtype="datetime64[us]")
    is_open = np.array([not label["complete"] for label, _ in periods], dtype=bool)
    last_rows = [part.rows[-1] for _, part in periods]
    share, low, high = (np.array([row[f"conversion{end}"] for row in last_rows]) for end in ("", "_low", "_high"))
    colour, marker = PALETTE[index], MARKERS[index]
    distances = np.abs([share - low, high - share])
    ax.errorbar(time, share, distances, fmt="none", color=colour, capsize=3, linewidth=1.4)
    ax.plot(time, share, linestyle=LINES[index], marker=marker, color=colour, linewidth=1.4, label=name)
    if is_open.any():
        label = new_label(ax, open_label)
        ax.plot(time[is_open], share[is_open], marker, color=colour, markerfacecolor="white", label=label)


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
