"""Plots of a funnel over time: by the time since the entry, and from period to period."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Floats
from ..._core.moments import SECOND
from ..._core.pictures import PALETTE, figure_of, new_axes, show_text
from ..._core.texts import Locale, percent
from ..._stats.intervals import normal_quantile
from .curves import StepCurve
from .plot import finish_axes, group_name, largest_groups, new_label
from .table import Groups, Labelled
from .units import UnitStore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (6, 2, 2, 2)))
MARKERS = "osD^vPX*"
"""Lines and markers by place, so that groups differ in grey print too."""
INTERVAL_SPACING = 0.012
"""Distance of the intervals at the ends of curves, as a share of the window."""
MIN_UNITS_FOR_BAND = 20
"""Units from which the whole band of a curve is in the plot."""
_TIME_UNITS: tuple[tuple[int, dict[Locale, str]], ...] = (
    (86_400, {"en": "days", "zh": "天"}),
    (3_600, {"en": "hours", "zh": "小时"}),
    (60, {"en": "minutes", "zh": "分钟"}),
    (1, {"en": "seconds", "zh": "秒"}),
)
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "since": "{unit} since the entry",
        "share": "share that has reached the step",
        "title": "How long it takes ({bands})",
        "last": "How long it takes to reach {step} ({bands})",
        "bands": "bands: {level:.0%} intervals",
        "cut": ", cut where units are few",
        "period": "start of the period of first entry",
        "conversion": "conversion to {step}",
        "periods": "Conversion by period of entry (lines: {level:.0%} intervals)",
        "open": "period not over",
        "more": "; {n} of {all}",
    },
    "zh": {
        "since": "进入后的时间（{unit}）",
        "share": "已到达该步骤的比例",
        "title": "到达各步骤所需时间（{bands}）",
        "last": "到达{step}所需时间（{bands}）",
        "bands": "色带为{level:.0%}置信区间",
        "cut": "，样本少的部分超出画面",
        "period": "首次进入所在周期的起始日",
        "conversion": "到{step}的转化率",
        "periods": "按进入周期的转化率（线段为{level:.0%}置信区间）",
        "open": "周期尚未结束",
        "more": "；共{all}条，显示{n}条",
    },
}


def draw_time(store: UnitStore, by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the share that has reached each step by the time since the entry; with groups, the last step."""
    ax, texts, z = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale], normal_quantile(level)
    steps, window = store.step_labels, store.plan.window
    curves, n_possible = store.curves(by_group=by is not None)
    seconds, names = next((unit for unit in _TIME_UNITS if window >= 2 * unit[0] * SECOND), _TIME_UNITS[-1])
    for index, curve in enumerate(curves):
        label = steps[curve.step] if by is None else group_name(curve.label[by], locale)
        _draw_curve(ax, curve, curve.limits(z), seconds, index, label)
    top, is_cut = _top(curves, z)
    right = window / SECOND / seconds * (1 + INTERVAL_SPACING * (len(curves) + 1))
    ax.set(xlim=(0, right), ylim=(0, top), xlabel=texts["since"].format(unit=names[locale]), ylabel=texts["share"])
    ax.yaxis.set_major_formatter(percent)
    suffix = texts["more"].format(n=len(curves), all=n_possible) if n_possible > len(curves) else ""
    bands = texts["bands"].format(level=level) + (texts["cut"] if is_cut else "")
    ax.set_title(texts["title" if by is None else "last"].format(bands=bands, step=steps[-1]) + suffix)
    finish_axes(ax, by)
    show_text(figure_of(ax))
    return ax


def _draw_curve(
    ax: "Axes", curve: StepCurve, limits: tuple[Floats, Floats], seconds: int, index: int, label: str
) -> None:
    """Draw a curve with its band; the end, which is the conversion, has an interval of its own: there may be a jump."""
    time, share, (low, high) = curve.time / SECOND / seconds, curve.share, limits
    colour, marker = PALETTE[index], MARKERS[index]
    # Markers are spread by their distance in the plot: most moments are early.
    markers: dict[str, Any] = {"marker": marker, "markevery": (0.015 * index, 0.13), "markersize": 5}
    ax.plot(time, share, linestyle=LINES[index], color=colour, linewidth=1.8, label=label, **markers)
    ax.fill_between(time, low, high, color=colour, alpha=0.18, linewidth=0)
    ends = np.abs([[share[-1] - low[-1]], [high[-1] - share[-1]]])
    beside = time[-1:] * (1 + INTERVAL_SPACING * (index + 1))  # at the end itself those of all groups would overlap
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
    groups, suffix = largest_groups(groups, len(PALETTE), locale)
    for index, (value, _) in enumerate(groups):
        of_group = [(label, part) for label, part in periods if by is None or label[by] == value]
        _draw_line(ax, of_group, index, None if by is None else group_name(value, locale), texts["open"])
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(percent)
    ax.tick_params(axis="x", rotation=30)
    share = texts["conversion"].format(step=groups[0][1].rows[-1]["step"])
    ax.set(xlabel=texts["period"], ylabel=share, title=texts["periods"].format(level=level) + suffix)
    finish_axes(ax, by)
    show_text(figure_of(ax))
    return ax


def _draw_line(ax: "Axes", periods: Sequence[Labelled], index: int, name: str | None, open_label: str) -> None:
    """Draw the line of one group with intervals."""
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
