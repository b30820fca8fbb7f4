"""Pictures of a readout: a forest of effects, the effect by assignment day, and effects in groups."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from .._core.pictures import PALETTE, date_ticks, figure_of, finish_picture, new_axes
from .._core.texts import Locale, is_known, percent, three_digits
from ._infer.groups import GroupRow
from ._infer.verdicts import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._readout import DayEffect

GREY = "#7F7F7F"
STYLES = {
    "better": ("^", PALETTE[2]),
    "worse": ("v", PALETTE[5]),
    "no_clear_difference": ("o", GREY),
    "passed": ("s", PALETTE[0]),
    "failed": ("X", PALETTE[5]),
    "not_shown": ("D", GREY),
}
"""Marker and colour of a verdict; markers differ in grey too, and those of guardrails are no arrows."""
PLAIN = ("o", GREY)
LEGEND_BELOW = 0.55
"""Inches from the axes to the legend, below numbers and label."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "forest": "Change against the control (lines: {level:.0%} intervals)",
        "relative": "relative difference",
        "differences": "difference, in units of each metric",
        "in_units": "difference {difference} ({low} to {high})",
        "better": "better",
        "worse": "worse",
        "no_clear_difference": "no clear difference",
        "passed": "guardrail kept",
        "failed": "guardrail broken",
        "not_shown": "guardrail open",
        "margin": "margin of a guardrail",
        "difference": "difference in {metric}",
        "days": "Effect by assignment day: all units up to it, with an always-valid interval",
        "by": "Change in {metric} by group",
        "of": "{metric}, {variant}",
        "of_group": "{by} {group}, {variant}",
    },
    "zh": {
        "forest": "相对对照组的变化（线段为{level:.0%}置信区间）",
        "relative": "相对变化",
        "differences": "差异（单位同各指标）",
        "in_units": "差异{difference}（{low}至{high}）",
        "better": "改善",
        "worse": "变差",
        "no_clear_difference": "无明显差异",
        "passed": "护栏指标通过",
        "failed": "护栏指标未通过",
        "not_shown": "护栏指标尚无定论",
        "margin": "护栏指标的容许界限",
        "difference": "{metric}的差异",
        "days": "按分组日期的效果：截至当日的全部样本，区间在任意一天都有效",
        "by": "各组{metric}的变化",
        "of": "{metric}，{variant}",
        "of_group": "{by} {group}，{variant}",
    },
}


def draw_forest(rows: Sequence[Row], level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the relative difference of every metric, and write the difference of those without one.

    Where no metric has a relative difference, differences are drawn. A guardrail shows its margin.
    """
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=8.5, height=2.1 + 0.42 * len(rows))
    is_relative = any(is_known(row.comparison.relative_low) for row in rows)
    for y, row in enumerate(rows):
        found, style = row.comparison, STYLES.get(row.verdict, PLAIN)
        shown = found.relative, found.relative_low, found.relative_high
        if not is_relative:
            shown = found.difference, found.low, found.high
        elif is_known(found.low) and not is_known(found.relative_low):
            parts = {name: three_digits(getattr(found, name)) for name in ("difference", "low", "high")}
            text, place = texts["in_units"].format(**parts), ax.get_yaxis_transform()
            ax.text(0.5, y, text, transform=place, fontsize=8, ha="center", va="center", color=style[1])
        _draw_interval(ax, y, shown, style)
        _draw_margin(ax, y, row, is_relative=is_relative)
    labels = [texts["of"].format(metric=row.metric, variant=row.variant) for row in rows]
    _add_legend(ax, rows, texts)
    axis = texts["relative" if is_relative else "differences"]
    return _finish(ax, labels, axis, texts["forest"].format(level=level), is_share=is_relative)


def draw_groups(rows: Sequence[GroupRow], metric: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the difference in the primary metric in every group."""
    shown = [row for row in rows if row.comparison.measure.name == metric and not row.is_withheld]
    if not shown:
        raise ValueError("there are no groups to draw: give `by` to analyse")
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=8.5, height=1.8 + 0.42 * len(shown))
    for y, row in enumerate(shown):
        found = row.comparison
        _draw_interval(ax, y, (found.difference, found.low, found.high), PLAIN)
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
    date_ticks(ax)
    ax.legend(frameon=False, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    finish_picture(ax)
    return ax


def _draw_interval(ax: "Axes", y: int, interval: tuple[float, float, float], style: tuple[str, str]) -> None:
    estimate, low, high = interval
    if not is_known(low):
        return
    marker, colour = style
    ax.plot([low, high], [y, y], color=colour, linewidth=2, solid_capstyle="butt")
    ax.plot(estimate, y, marker, color=colour, markersize=7)


def _draw_margin(ax: "Axes", y: int, row: Row, *, is_relative: bool) -> None:
    """Draw how much worse a guardrail may become, where the axis has that unit."""
    if row.guardrail is None:
        return
    margin, relative, control = row.guardrail.margin, row.guardrail.relative_margin, row.comparison.control
    if is_relative:
        worst = relative if margin is None else margin / control if control > 0 else None
    else:
        worst = margin if relative is None else relative * control if control > 0 else None
    if worst is not None and is_known(row.comparison.low):
        at = -worst if row.guardrail.metric.better == "higher" else worst
        ax.plot([at, at], [y - 0.32, y + 0.32], color="black", linewidth=1.4, linestyle=":")


def _add_legend(ax: "Axes", rows: Sequence[Row], texts: Mapping[str, str]) -> None:
    """Name the markers of the verdicts that are drawn, and the margin."""
    from matplotlib.lines import Line2D

    drawn = [row for row in rows if is_known(row.comparison.low)]
    verdicts = [verdict for verdict in STYLES if any(row.verdict == verdict for row in drawn)]
    handles = [
        Line2D([], [], marker=STYLES[verdict][0], color=STYLES[verdict][1], label=texts[verdict])
        for verdict in verdicts
    ]
    if any(row.guardrail is not None for row in drawn):
        handles.append(Line2D([], [], color="black", linewidth=1.4, linestyle=":", label=texts["margin"]))
    if handles:
        from matplotlib.transforms import ScaledTranslation

        below = ax.transAxes + ScaledTranslation(0, -LEGEND_BELOW, figure_of(ax).dpi_scale_trans)
        n_columns = min(len(handles), 4)
        ax.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            bbox_transform=below,
            ncols=n_columns,
            frameon=False,
            fontsize=8,
        )


def _finish(ax: "Axes", labels: Sequence[str], axis: str, title: str, *, is_share: bool = False) -> "Axes":
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(np.arange(len(labels)), labels, fontsize=9, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    if is_share:
        ax.xaxis.set_major_formatter(percent)
    ax.set_xlabel(axis, parse_math=False)
    ax.set_title(title, fontsize=11, parse_math=False)
    ax.spines[["top", "right", "left"]].set_visible(False)
    finish_picture(ax)
    return ax
