"""Pictures: the map of segments, the flows between them, the bridge from revenue to revenue."""

from collections.abc import Callable, Sequence
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.frames import MICRO
from .._core.pictures import PALETTE, cell_height, cell_width, color_bar, finish_picture, new_axes
from .._core.texts import Locale, counted, percent, thousands
from ._flows import Flow, bridge
from ._migration_text import PART_NAMES
from ._segment_table import SegmentTotals, ratio
from ._segments import Segment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BUBBLE_AREA = 2_400
"""Area in square points of the segment with the most money."""
MAX_LABELS = 12
LABEL_POSITION = 1.03
MIN_WIDTH = 8.0
"""Inches of a picture from which on a label has room for both shares."""
AXES_SHAPE = 1.3
"""Width of the map's axes over their height, with room for the labels."""
FULL_WIDTH = 5.0
"""Inches of a cell from which on bubbles have their full size."""
LETTER_SIZE, LINE_HEIGHT, AXES_SHARE = 9.0, 1.2, 0.4
"""Points of a label, its line as a multiple of them, and how much of a cell's height the axes have at least."""
GREY = "#555555"
_COLOURS = PALETTE[:-1]
"""Without black, in which no pattern can be seen."""
HATCHES = ("", "///", "...", "xxx")

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "recency": "days since the last order (median of the segment)",
        "frequency": "orders per customer (mean, log scale)",
        "map": "Segments, {period}: area shows money",
        "label": "{name}: {share} of customers, {money} of the money",
        "short": "{name}: {money}",
        "rest": "not labelled: {count} with {money} of the money ({names})",
        "empty": "no customers",
        "flows": "Customers: {before} (rows), {after} (columns)",
        "share": "share of the row",
        "from": "segment before",
        "to": "segment after",
        "new": "New or returning",
        "gone": "Gone",
        "bridge": "What changed revenue: {before} against {after}",
        "growth": "What changed cumulative money: {before} against {after}",
        "first": "Revenue before",
        "last": "Revenue after",
        "first_total": "Total before",
        "last_total": "Total after",
        "money": "money",
        "cut": "money (the axis does not start at zero)",
    },
    "zh": {
        "recency": "距上次下单天数（客户群中位数）",
        "frequency": "人均订单数（均值，对数刻度）",
        "map": "{period}的客户群：面积为金额",
        "label": "{name}：客户占{share}，金额占{money}",
        "short": "{name}：{money}",
        "rest": "未标注：{count}，金额占{money}（{names}）",
        "empty": "没有客户",
        "flows": "客户流动：{before}（行），{after}（列）",
        "share": "占该行客户的比例",
        "from": "前期客户群",
        "to": "本期客户群",
        "new": "新增或回流",
        "gone": "未再下单",
        "bridge": "收入变化：{before}与{after}相比",
        "growth": "累计金额变化：{before}与{after}相比",
        "first": "前期收入",
        "last": "本期收入",
        "first_total": "前期累计",
        "last_total": "本期累计",
        "money": "金额",
        "cut": "金额（横轴不从零开始）",
    },
}


def draw_segments(segment_totals: Sequence[SegmentTotals], period: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bubble per segment; labels stand in a column at the right, so that none covers another."""
    ax = new_axes(ax, width=10.0, height=5.5)
    texts = _TEXTS[locale]
    with_customers = sorted((group for group in segment_totals if group.customers), key=lambda group: -group.money)
    ax.set_title(texts["map"].format(period=period))
    ax.set_xlabel(texts["recency"])
    ax.set_ylabel(texts["frequency"])
    if with_customers:
        _bubbles(ax, with_customers)
        _labels(ax, with_customers, locale)
    else:
        ax.text(0.5, 0.5, texts["empty"], ha="center", va="center", transform=ax.transAxes)
    finish_picture(ax)
    return ax


def _bubbles(ax: "Axes", with_customers: Sequence[SegmentTotals]) -> None:
    days, orders = _position(with_customers)
    area = _areas(ax, with_customers)
    ax.scatter(days, orders, s=area, c="white", zorder=1.5)  # hides the lines to other bubbles
    places = np.arange(len(with_customers))
    for part, hatch in enumerate(HATCHES):  # each pattern has all colours, so that no two segments look alike
        of_part = (places // len(_COLOURS)) % len(HATCHES) == part
        colours = [_COLOURS[i % len(_COLOURS)] for i in places[of_part]]
        look: dict[str, Any] = {"alpha": 0.65, "edgecolors": "black", "linewidths": 0.8, "hatch": hatch}
        ax.scatter(days[of_part], orders[of_part], s=area[of_part], c=colours, zorder=2, **look)
    ax.set_yscale("log")
    low, high = float(orders.min()), float(orders.max())
    ax.set_ylim(low / 1.5, high * 2.0)
    ax.set_xlim(-0.1 * max(float(days.max()), 1.0), 1.1 * max(float(days.max()), 1.0))
    steps = [step for step in (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000) if low / 1.5 <= step <= high * 2.0]
    ax.set_yticks(steps, [f"{step:,}" for step in steps])
    ax.minorticks_off()
    ax.locator_params(axis="x", integer=True)  # days
    ax.grid(visible=True, color="#DDDDDD", linewidth=0.6, zorder=0)
    ax.spines[["top", "right"]].set_visible(False)


def _areas(ax: "Axes", with_customers: Sequence[SegmentTotals]) -> "np.ndarray[Any, Any]":
    money = np.abs([group.money for group in with_customers])
    largest = MAX_BUBBLE_AREA * min(1.0, cell_width(ax) / FULL_WIDTH) ** 2
    return np.maximum(money / (money.max() or 1.0) * largest, 12.0)


def _letter_size(ax: "Axes") -> float:
    """Return the size of labels at which as many as there may be stand below each other, in points."""
    return min(LETTER_SIZE, AXES_SHARE * cell_height(ax) * 72 / MAX_LABELS / LINE_HEIGHT)


def _position(segment_totals: Sequence[SegmentTotals]) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    days = np.array([group.median_recency or 0.0 for group in segment_totals])
    return days, np.array([group.orders / group.customers for group in segment_totals])


def _labels(ax: "Axes", with_customers: Sequence[SegmentTotals], locale: Locale) -> None:
    """Label the segments with the most money, and list the others below."""
    named, others = with_customers[:MAX_LABELS], with_customers[MAX_LABELS:]
    days, orders = _position(named)
    places = np.column_stack([days / ax.get_xlim()[1], _height(ax, orders)])
    slots = spread_labels(np.sort(places[:, 1])[::-1], gap=0.94 / MAX_LABELS)
    radii = np.sqrt(_areas(ax, with_customers)) / 2
    size = _letter_size(ax)
    for i, height in zip(match_labels(places, slots), slots, strict=True):
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 1, "relpos": (0, 0.5)}
        ax.annotate(
            _label(named[i], with_customers, "label" if cell_width(ax) >= MIN_WIDTH else "short", locale),
            xy=(days[i], orders[i]),
            xytext=(LABEL_POSITION, height),
            textcoords="axes fraction",
            va="center",
            fontsize=size,
            annotation_clip=False,
            zorder=1,
            arrowprops={**line, "shrinkB": radii[i]},  # the line ends at the edge of its bubble
        )
    if others:
        _list_below(ax, others, sum(group.money for group in with_customers), locale)


def _label(group: SegmentTotals, with_customers: Sequence[SegmentTotals], kind: str, locale: Locale) -> str:
    customers, money = sum(group.customers for group in with_customers), sum(group.money for group in with_customers)
    return _TEXTS[locale][kind].format(
        name=group.segment.display(locale),
        share=f"{group.customers / customers:.1%}",
        money=f"{ratio(group.money, money):.1%}",
    )


def _list_below(ax: "Axes", others: Sequence[SegmentTotals], money: float, locale: Locale) -> None:
    count = counted(len(others), "segment", locale=locale)
    names = ("; " if locale == "en" else "；").join(group.segment.display(locale) for group in others)
    share = percent(ratio(sum(group.money for group in others), money))
    text = _TEXTS[locale]["rest"].format(count=count, money=share, names=names)
    wrapped = fill(text, 130 if locale == "en" else 70)
    ax.annotate(
        wrapped,
        xy=(0, 0),
        xycoords="axes fraction",
        xytext=(0, -42),
        textcoords="offset points",
        va="top",
        fontsize=8,
        color=GREY,
        annotation_clip=False,
    )


def match_labels(places: "np.ndarray[Any, Any]", slots: "np.ndarray[Any, Any]") -> list[int]:
    """Choose which place each slot at the right is for, all given as shares of the axes.

    Lines of the least total length do not cross: two that cross become shorter where they swap their ends.

    Examples
    --------
    >>> match_labels(np.array([[0.9, 0.5], [0.1, 0.6]]), np.array([0.9, 0.5]))
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    across = (LABEL_POSITION - places[:, 0]) * AXES_SHAPE
    _, chosen = linear_sum_assignment(np.hypot(across[None, :], slots[:, None] - places[None, :, 1]))
    return [int(i) for i in chosen]


def _height(ax: "Axes", values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return heights on a logarithmic axis as shares of its length."""
    low, high = np.log(ax.get_ylim())
    return np.asarray((np.log(values) - low) / (high - low))


def spread_labels(heights: "np.ndarray[Any, Any]", *, gap: float) -> "np.ndarray[Any, Any]":
    """Move falling heights apart, no further than needed, to at least ``gap`` between two, within [0.06, 1].

    Examples
    --------
    >>> spread_labels(np.array([0.9, 0.5, 0.5, 0.1]), gap=0.25).round(2).tolist()
    [1.0, 0.75, 0.5, 0.1]
    """
    places = heights.copy()
    floor = 0.06
    for i in reversed(range(len(places))):
        places[i] = max(places[i], floor)
        floor = places[i] + gap
    ceiling = 1.0
    for i in range(len(places)):
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - gap
    return places


def draw_flows(
    flows: Sequence[Flow],
    segments: Sequence[Segment],
    periods: tuple[str, str],
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw a heat map of customers from row to column, shaded by the share of the row."""
    counts = np.zeros((len(segments) + 1, len(segments) + 1))
    for flow in flows:
        counts[_index(flow.origin, segments), _index(flow.target, segments)] += flow.customers
    rows, columns = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    names = [segment.display(locale) for segment in segments]
    shown = counts[rows][:, columns]
    ax = new_axes(ax, width=2.5 + 0.85 * max(shown.shape[1], 4), height=2.0 + 0.5 * max(shown.shape[0], 4))
    texts = _TEXTS[locale]
    if shown.size:
        _draw_heat_map(ax, shown, texts["share"])
    ax.set_title(texts["flows"].format(before=periods[0], after=periods[1]))
    ax.set_xticks(range(shown.shape[1]), _names_kept([*names, texts["gone"]], columns), rotation=40, ha="right")
    ax.set_yticks(range(shown.shape[0]), _names_kept([*names, texts["new"]], rows))
    ax.set_xlabel(texts["to"])
    ax.set_ylabel(texts["from"])
    finish_picture(ax)
    return ax


def _index(rank: int | None, segments: Sequence[Segment]) -> int:
    return len(segments) if rank is None else rank


def _names_kept(names: Sequence[str], keep: "np.ndarray[Any, Any]") -> list[str]:
    return [name for name, shown in zip(names, keep, strict=True) if shown]


def _draw_heat_map(ax: "Axes", counts: "np.ndarray[Any, Any]", label: str) -> None:
    shares = counts / counts.sum(axis=1, keepdims=True)
    image = ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in np.argwhere(counts > 0):
        dark = shares[row, column] > 0.55
        text = f"{counts[row, column]:,.0f}"
        ax.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if dark else "black")
    ax.set_xticks(np.arange(counts.shape[1] + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(counts.shape[0] + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    color_bar(ax, image, label, format=percent)


def draw_bridge(
    flows: Sequence[Flow], periods: tuple[str, str], ax: "Axes | None", locale: Locale, *, is_cumulative: bool
) -> "Axes":
    """Draw a waterfall: revenue before, each part of the change, revenue after; cumulative money is titled as such."""
    ax, texts = new_axes(ax, width=9.0, height=5.0), _TEXTS[locale]
    title, *ends_named = ("growth", "first_total", "last_total") if is_cumulative else ("bridge", "first", "last")
    first = sum(flow.before for flow in flows) / MICRO
    parts = {name: money / MICRO for name, (_, money) in bridge(flows).items()}
    steps = np.array(list(parts.values()))
    ends = first + np.cumsum(steps)
    names = [texts[ends_named[0]], *(PART_NAMES[locale][part] for part in parts), texts[ends_named[1]]]
    starts = np.array([0.0, *(ends - steps), 0.0])
    heights = np.array([first, *steps, ends[-1]])
    colours = [GREY, *(PALETTE[0] if step >= 0 else PALETTE[1] for step in steps), GREY]
    hatches = ["", *("" if step >= 0 else "///" for step in steps), ""]
    bars = ax.barh(names, heights, left=starts, color=colours, edgecolor="black", linewidth=0.6)
    for bar, hatch in zip(bars, hatches, strict=True):
        bar.set_hatch(hatch)  # losses stay apart from gains in grey print
    short = partial(thousands, locale=locale)
    _bar_texts(ax, starts, heights, short)
    is_cut = _cut_axis(ax, np.array([first, *ends]))
    ax.set_title(texts[title].format(before=periods[0], after=periods[1]))
    ax.set_xlabel(texts["cut" if is_cut else "money"])
    ax.xaxis.set_major_formatter(short)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    finish_picture(ax)
    return ax


def _bar_texts(
    ax: "Axes", starts: "np.ndarray[Any, Any]", heights: "np.ndarray[Any, Any]", short: Callable[[float], str]
) -> None:
    ends = starts + heights
    reach = max(float(np.abs(ends).max()), 1.0)
    last = len(heights) - 1
    for row, (start, height) in enumerate(zip(starts, heights, strict=True)):
        sign = "" if row in (0, last) else "+" if height >= 0 else "−"
        text = f"{sign}{short(abs(height) if sign else height)}"
        end = (max(start, start + height), row)
        ax.annotate(text, end, xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    ax.set_xlim(min(0.0, 1.08 * float(ends.min())), 1.12 * max(reach, float(starts.max())))


def _cut_axis(ax: "Axes", levels: "np.ndarray[Any, Any]") -> bool:
    """Zoom in on the levels between the two revenues where the changes are small beside them; return whether."""
    low, high = float(levels.min()), float(levels.max())
    if high - low > 0.4 * high or low <= 0:
        return False
    width = (high - low) or 0.1 * high
    ax.set_xlim(low - 0.5 * width, high + 0.35 * width)
    return True
