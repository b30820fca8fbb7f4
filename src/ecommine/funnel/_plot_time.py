"""Pictures of a funnel over time: since the entry, and from period to period."""

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.pictures import PALETTE, new_axes, percent, show_text
from ._curves import curve_at, effective, wilson
from ._moves import SECOND, Ints
from ._plot import figure_of, is_group, labels_of, shown
from ._summary import Locale
from ._table import Part, Seen
from ._walk import NEVER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = ("-", "--", "-.", ":")
MARKERS = "osD^vPX*"
MOMENTS = 40
"""Points of a curve."""
_UNITS: tuple[tuple[int, dict[Locale, str]], ...] = (
    (86_400, {"en": "days", "zh": "天"}),
    (3_600, {"en": "hours", "zh": "小时"}),
    (60, {"en": "minutes", "zh": "分钟"}),
    (1, {"en": "seconds", "zh": "秒"}),
)
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "since": "{unit} since the entry",
        "share": "share that has reached the step",
        "title": "How long it takes (bands: {level:.0%} intervals)",
        "last": "How long it takes to {step} (bands: {level:.0%} intervals)",
        "period": "first entry, period that begins",
        "conversion": "conversion to {step}",
        "periods": "Conversion by period of entry (lines: {level:.0%} intervals)",
        "open": "period not over",
        "more": "; {n} of {all}",
    },
    "zh": {
        "since": "进入后的时间（{unit}）",
        "share": "已到达该步骤的比例",
        "title": "到达各步骤所需时间（色带为{level:.0%}区间）",
        "last": "到达{step}所需时间（色带为{level:.0%}区间）",
        "period": "首次进入所在周期的起始日",
        "conversion": "到{step}的转化率",
        "periods": "按进入周期的转化率（线段为{level:.0%}区间）",
        "open": "周期尚未结束",
        "more": "；{all}中的{n}",
    },
}


def draw_time(seen: Seen, by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the share that has reached each step by the time since the entry; of groups, the last step."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    length, unit = next(
        (one for one in _UNITS if seen.plan.window >= 2 * one[0] * SECOND), (1, {"en": "seconds", "zh": "秒"})
    )
    last = len(seen.names) - 1
    lines = (
        [(part, last, shown(part.label[by], locale)) for part in seen.parts]
        if by is not None
        else [(seen.whole, step, seen.names[step]) for step in range(1, last + 1)]
    )
    lines.sort(key=lambda line: -len(line[0].reach.unit))  # of many groups the largest are drawn
    for place, (part, step, label) in enumerate(lines[: len(PALETTE)]):
        at, share, low, high = _curve(part, step, seen, level)
        hours, style = at / SECOND / length, LINES[place % len(LINES)]
        ax.plot(hours, share, style, color=PALETTE[place], label=label, linewidth=1.8)
        ax.fill_between(hours, low, high, color=PALETTE[place], alpha=0.18, linewidth=0)
    ax.set_xlim(0, seen.plan.window / SECOND / length)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["since"].format(unit=unit[locale]))
    ax.set_ylabel(texts["share"])
    more = texts["more"].format(n=len(PALETTE), all=len(lines)) if len(lines) > len(PALETTE) else ""
    ax.set_title(texts["title" if by is None else "last"].format(level=level, step=seen.names[-1]) + more)
    return _finished(ax, by)


def _curve(part: Part, step: int, seen: Seen, level: float) -> tuple[Any, Any, Any, Any]:
    """Estimate the share reached at moments up to the window, with Wilson's interval at each."""
    from scipy.special import ndtri

    z, reach, window = float(ndtri((1 + level) / 2)), part.reach, seen.plan.window
    early = window * np.geomspace(1e-4, 1, MOMENTS // 2)  # most that happens, happens soon
    moments = np.unique(np.concatenate([np.linspace(0, window, MOMENTS + 1)[1:], early]).astype(np.int64))
    moments = moments[moments > 0]
    there, seen_for = reach.at[:, step] != NEVER, seen.until - reach.entry
    taken = np.where(there, reach.at[:, step] - reach.entry, seen_for)
    cluster = None if part.visitor is None else np.unique(part.visitor[reach.unit], return_inverse=True)[1]
    rows = [(0.0, 0.0, 0.0)]
    for moment in moments.tolist():
        rows.append(_point(taken, there & ((taken <= moment) | (moment == window)), moment, seen_for, cluster, z))
    share, low, high = np.array(rows).T
    return np.concatenate([[0], moments]), share, low, high


def _point(
    taken: Ints, there: Any, moment: int, seen_for: Ints, cluster: Ints | None, z: float
) -> tuple[float, float, float]:
    over = int((seen_for >= moment).sum())
    if not over:  # nobody was seen for so long
        return (np.nan, np.nan, np.nan)
    curve = curve_at(taken, there, moment)
    return (curve.share, *wilson(curve.share, effective(curve.share, curve.influence, cluster, over), z))


def draw_periods(frame: nw.DataFrame[Any], by: str | None, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw conversion to the last step by period, a line a group; a period that is not over is hollow."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    step = frame["step"].to_list()[-1]
    rows = frame.filter(nw.col("step") == step)
    labels, more = labels_of(frame, by, len(PALETTE), locale)
    hollow = False
    for place, label in enumerate(labels):
        mine = rows if by is None else rows.filter(is_group(by, label))
        at = mine["period_at"].to_numpy().astype("datetime64[us]")
        share, low, high = (
            mine[name].cast(nw.Float64).to_numpy().astype(np.float64)
            for name in ("conversion", "conversion_low", "conversion_high")
        )
        ends, colour = np.abs(np.vstack([share - low, high - share])), PALETTE[place]
        name = None if by is None else shown(label, locale)
        ax.errorbar(at, share, ends, fmt=LINES[place % len(LINES)], color=colour, capsize=3, linewidth=1.4, label=name)
        over = mine["complete"].to_numpy().astype(bool)
        marker = MARKERS[place]
        ax.plot(at[over], share[over], marker, color=colour)
        if not over.all():
            said = None if hollow else texts["open"]
            ax.plot(at[~over], share[~over], marker, color=colour, markerfacecolor="white", label=said)
            hollow = True
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(percent)
    ax.tick_params(axis="x", rotation=30)
    ax.set_xlabel(texts["period"])
    ax.set_ylabel(texts["conversion"].format(step=step))
    ax.set_title(texts["periods"].format(level=level) + more)
    return _finished(ax, by)


def _finished(ax: "Axes", by: str | None) -> "Axes":
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, title=by)
    ax.spines[["top", "right"]].set_visible(False)
    show_text(figure_of(ax))
    return ax
