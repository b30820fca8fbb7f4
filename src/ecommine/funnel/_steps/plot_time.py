"""Pictures of a funnel over time: since the entry, and from period to period."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.pictures import PALETTE, figure_of, new_axes, percent, show_text
from ..._core.texts import Locale
from .._curves import Floats, normal_quantile
from .._micro import SECOND
from .growth import Growth
from .plot import is_group, labels_of, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (6, 2, 2, 2)))
MARKERS = "osD^vPX*"
"""Lines and markers by place, which tell groups apart in grey print too."""
BESIDE = 0.012
"""How far apart the intervals of the ends are, as a share of the window."""
LARGE = 20
"""Units from which the band of a group is to be in the picture."""
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
        "title": "How long it takes ({bands})",
        "last": "How long it takes to {step} ({bands})",
        "bands": "bands: {level:.0%} intervals",
        "cut": ", cut where units are few",
        "period": "first entry, period that begins",
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
        "bands": "色带为{level:.0%}区间",
        "cut": "，样本少的超出画面",
        "period": "首次进入所在周期的起始日",
        "conversion": "到{step}的转化率",
        "periods": "按进入周期的转化率（线段为{level:.0%}区间）",
        "open": "周期尚未结束",
        "more": "；{all}中的{n}",
    },
}


def draw_time(
    frame: nw.DataFrame[Any],
    growths: Sequence[Growth],
    names: Sequence[str],
    window: int,
    by: str | None,
    n_groups: int,
    level: float,
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw the share that has reached each step by the time since the entry; of groups, the last step."""
    ax, texts, z = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale], normal_quantile(level)
    length, unit = next((one for one in _UNITS if window >= 2 * one[0] * SECOND), _UNITS[-1])
    if by is not None:
        growths = _in_order(growths, labels_of(frame, by, len(PALETTE), locale)[0], by)
    for place, one in enumerate(growths):
        label = names[one.step] if by is None else shown(one.label[by], locale)
        _draw_curve(ax, one.at / SECOND / length, one.share, one.limits(z), place, label)
    top, is_cut = _top(growths, z)
    ax.set_xlim(0, window / SECOND / length * (1 + BESIDE * (len(growths) + 1)))
    ax.set_ylim(0, top)
    ax.yaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["since"].format(unit=unit[locale]))
    ax.set_ylabel(texts["share"])
    more = texts["more"].format(n=len(growths), all=n_groups) if n_groups > len(growths) else ""
    bands = texts["bands"].format(level=level) + (texts["cut"] if is_cut else "")
    ax.set_title(texts["title" if by is None else "last"].format(bands=bands, step=names[-1]) + more)
    return _finished(ax, by)


def _in_order(growths: Sequence[Growth], labels: Sequence[Any], by: str) -> list[Growth]:
    """Sort the curves as the groups are in the table, so that a group looks alike in all pictures."""
    place = {label: at for at, label in enumerate(labels)}
    return sorted(growths, key=lambda one: place.get(one.label[by], len(place)))


def _draw_curve(
    ax: "Axes", since: Floats, share: Floats, limits: tuple[Floats, Floats], place: int, label: str
) -> None:
    """Draw a curve with its band; the end, which is the conversion, has an interval of its own: there may be a jump."""
    (low, high), colour, marker = limits, PALETTE[place], MARKERS[place]
    # Markers are spread by their distance in the picture: most moments are early.
    ax.plot(
        *(since, share),
        linestyle=LINES[place],
        color=colour,
        marker=marker,
        markevery=(0.015 * place, 0.13),
        markersize=5,
        label=label,
        linewidth=1.8,
    )
    ax.fill_between(since, low, high, color=colour, alpha=0.18, linewidth=0)
    ends = np.abs([[share[-1] - low[-1]], [high[-1] - share[-1]]])
    beside = since[-1:] * (1 + BESIDE * (place + 1))  # at the end itself those of all groups would be on each other
    ax.errorbar(beside, share[-1:], ends, fmt=marker, color=colour, markersize=5, capsize=3)


def _top(growths: Sequence[Growth], z: float) -> tuple[float | None, bool]:
    """Return up to where the picture goes, and whether a band runs out of it: those of few units would flatten it."""
    sizes = [int(one.over.max(initial=0)) for one in growths]
    highs = [float(np.fmax.reduce(one.limits(z)[1], initial=0.0)) for one in growths]
    large = [high for high, n in zip(highs, sizes, strict=True) if n >= min(LARGE, max(sizes))]
    top = 1.05 * max([*large, *(float(np.fmax.reduce(one.share, initial=0.0)) for one in growths)], default=0.0)
    return top or None, max(highs, default=0.0) > top


def draw_periods(
    frame: nw.DataFrame[Any],
    by: str | None,
    order: Sequence[Any],
    level: float,
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw conversion to the last step by period, a line a group; a period that is not over is hollow."""
    ax, texts = new_axes(ax, width=8.5, height=4.8), _TEXTS[locale]
    step = frame["step"].to_list()[-1]
    rows = frame.filter(nw.col("step") == step)
    labels, more = labels_of(frame, by, len(PALETTE), locale, order)
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
        ax.errorbar(at, share, ends, fmt="none", color=colour, capsize=3, linewidth=1.4)
        over = mine["complete"].to_numpy().astype(bool)
        marker = MARKERS[place]
        ax.plot(at, share, linestyle=LINES[place], marker=marker, color=colour, linewidth=1.4, label=name)
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
