"""Pictures of a readout: a forest of effects, the effect by assignment day, and effects in groups."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from .._core.pictures import PALETTE, figure_of, new_axes, show_text
from .._core.texts import Locale, is_known, percent
from ._infer.groups import GroupRow
from ._infer.verdicts import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._readout import DayEffect

COLOURS = {"better": PALETTE[2], "passed": PALETTE[2], "worse": PALETTE[5], "failed": PALETTE[5]}
MARKERS = {"better": "^", "passed": "^", "worse": "v", "failed": "v"}
"""Which differ in grey too."""
GREY = "#7F7F7F"

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "forest": "Change against the control (lines: {level:.0%} intervals)",
        "relative": "relative difference",
        "difference": "difference in {metric}",
        "days": "Effect by assignment day: all units up to it, with an always-valid interval",
        "by": "Change in {metric} by group",
        "of": "{metric}, {variant}",
        "of_group": "{by} {group}, {variant}",
    },
    "zh": {
        "forest": "相对对照组的变化（线段为{level:.0%}置信区间）",
        "relative": "相对变化",
        "difference": "{metric}的差异",
        "days": "按分组日期的效果：截至当日的全部样本，区间在任意一天都有效",
        "by": "各组{metric}的变化",
        "of": "{metric}，{variant}",
        "of_group": "{by} {group}，{variant}",
    },
}


def draw_forest(rows: Sequence[Row], level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the relative difference of every metric; metrics without one have a row without a point."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=8.5, height=1.8 + 0.42 * len(rows))
    for y, row in enumerate(rows):
        found = row.comparison
        _draw_interval(ax, y, (found.relative, found.relative_low, found.relative_high), row.verdict)
    labels = [texts["of"].format(metric=row.metric, variant=row.variant) for row in rows]
    return _finish(ax, labels, texts["relative"], texts["forest"].format(level=level), is_share=True)


def draw_groups(rows: Sequence[GroupRow], metric: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the difference in the primary metric in every group."""
    shown = [row for row in rows if row.comparison.measure.name == metric and not row.is_withheld]
    if not shown:
        raise ValueError("there are no groups to draw: give `by` to analyse")
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=8.5, height=1.8 + 0.42 * len(shown))
    for y, row in enumerate(shown):
        found = row.comparison
        _draw_interval(ax, y, (found.difference, found.low, found.high), "")
    labels = [texts["of_group"].format(by=row.by, group=row.group, variant=row.variant) for row in shown]
    return _finish(ax, labels, texts["difference"].format(metric=metric), texts["by"].format(metric=metric))


def draw_days(days: "Sequence[DayEffect]", metric: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the difference of all units assigned up to each day, with an interval that holds on all of them."""
    if not days:
        raise ValueError("there are no days to draw: units need assigned_at on two days or more")
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=8.5, height=4.2)
    for place, variant in enumerate(dict.fromkeys(day.variant for day in days)):
        own = [day for day in days if day.variant == variant]
        at = np.array([np.datetime64(date.fromisoformat(day.day)) for day in own])
        low, high = (np.array([getattr(day, name) for day in own]) for name in ("low", "high"))
        colour = PALETTE[place % len(PALETTE)]
        ax.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(at, [day.difference for day in own], color=colour, marker="os^D"[place % 4], ms=4, label=variant)
    last = days[-1]
    reach = 3 * max(last.high - last.low, abs(last.difference))
    ax.set_ylim(min(-reach / 3, last.difference - reach), max(reach / 3, last.difference + reach))
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set_ylabel(texts["difference"].format(metric=metric), parse_math=False)
    ax.set_title(texts["days"], fontsize=11)
    ax.tick_params(axis="x", rotation=30)
    ax.legend(frameon=False, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    show_text(figure_of(ax))
    return ax


def _draw_interval(ax: "Axes", y: int, interval: tuple[float, float, float], verdict: str) -> None:
    estimate, low, high = interval
    if not is_known(low):
        return
    colour = COLOURS.get(verdict, GREY)
    ax.plot([low, high], [y, y], color=colour, linewidth=2, solid_capstyle="butt")
    ax.plot(estimate, y, MARKERS.get(verdict, "o"), color=colour, markersize=7)


def _finish(ax: "Axes", labels: Sequence[str], axis: str, title: str, *, is_share: bool = False) -> "Axes":
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(np.arange(len(labels)), labels, fontsize=9, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    if is_share:
        ax.xaxis.set_major_formatter(percent)
    ax.set_xlabel(axis, parse_math=False)
    ax.set_title(title, fontsize=11, parse_math=False)
    ax.spines[["top", "right", "left"]].set_visible(False)
    show_text(figure_of(ax))
    return ax
