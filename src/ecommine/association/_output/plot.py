"""Pictures of rules: all of them at once, the strongest with their intervals, the strongest as a network."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats
from ..._core.pictures import PALETTE, color_bar, figure_of, finish_picture, legend_below, new_axes
from ..._core.tables import join_products
from ..._core.texts import Locale, counted, percent
from .result import column_as_floats
from .rule_table import SIDES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_RULES = 20
"""Rules in the pictures of the strongest; more cannot be read."""
MAX_LABEL_LENGTH = 38
"""Letters of the names of one side."""
GREY = "#8A8A8A"
REAL_COLOUR = "#35608D"
NUMBER_SIZE = np.array([27.0, 11.0])
"""Width and height of a number, in points."""
NETWORK_SIZE = 4.3
"""Width of the picture of a network, where the radius of the circle is 1."""
_LABEL_BOX = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "scatter": "{rules}, {real:,} of them productive",
        "scatter untested": "{rules}, not tested",
        "support": "support (share of orders with all products of the rule, log scale)",
        "confidence": "confidence (share of orders with A that also contain B)",
        "adjusted lift": "adjusted lift (ratio to chance)",
        "plain lift": "lift (ratio to independence)",
        "real": "productive",
        "other": "chance, or no better than a shorter rule",
        "untested": "not tested",
        "strongest": "The strongest rules by adjusted lift, with {level:.0%} intervals where there are enough data",
        "lift": "lift (log scale)",
        "adjusted lift by size": "adjusted lift (ratio to chance in orders of these sizes)",
        "chance": "chance",
        "network": "Bought together more than by chance: top {n} by adjusted lift",
        "none": "no productive rules",
    },
    "zh": {
        "scatter": "共{rules}，其中{real:,}条有效",
        "scatter untested": "共{rules}，均未检验",
        "support": "支持度（含规则全部商品的订单占比，对数刻度）",
        "confidence": "置信度（含A的订单中也含B的比例）",
        "adjusted lift": "校正提升度（与随机水平之比）",
        "plain lift": "提升度（与相互独立时之比）",
        "real": "有效规则",
        "other": "属于随机，或不优于更短的规则",
        "untested": "未检验",
        "strongest": "校正提升度最高的规则，线段为{level:.0%}区间（数据足够时）",
        "lift": "提升度（对数刻度）",
        "adjusted lift by size": "校正提升度（与同等规模订单的随机水平之比）",
        "chance": "随机水平",
        "network": "高于随机水平的搭配：最强的{n}条规则及其校正提升度",
        "none": "没有有效规则",
    },
}


def draw_scatter(frame: nw.DataFrame[Any], ax: "Axes | None", *, tested: bool, locale: Locale) -> "Axes":
    """Draw every rule by support and confidence; productive ones are filled and coloured by lift."""
    ax, texts = new_axes(ax, width=9.0, height=5.5), _TEXTS[locale]
    support, confidence = frame["support"].to_numpy(), frame["confidence"].to_numpy()
    is_real = np.asarray(frame["productive"].to_numpy(), dtype=bool)
    is_filled = is_real if tested else np.ones(len(is_real), dtype=bool)
    lift = column_as_floats(frame, "adjusted_lift" if tested else "lift")
    hollow: dict[str, Any] = {"facecolors": "none", "edgecolors": GREY, "linewidths": 0.5}
    if (~is_filled).any():
        ax.scatter(support[~is_filled], confidence[~is_filled], s=9, **hollow)
    if is_filled.any():
        label = texts["adjusted lift" if tested else "plain lift"]
        _draw_coloured(ax, support[is_filled], confidence[is_filled], lift[is_filled], label)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(_share_label)
    ax.xaxis.set_minor_formatter(_share_label)
    ax.yaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["support"])
    ax.set_ylabel(texts["confidence"])
    title = texts["scatter" if tested else "scatter untested"]
    ax.set_title(title.format(rules=counted(len(frame), "rule", locale=locale), real=int(is_real.sum())))
    label = texts["real" if tested else "untested"]
    ax.scatter([], [], s=34, c=REAL_COLOUR, edgecolors="black", linewidths=0.5, label=label)
    if tested:
        ax.scatter([], [], s=9, **hollow, label=texts["other"])
    legend_below(ax)
    ax.spines[["top", "right"]].set_visible(False)
    finish_picture(ax)
    return ax


def draw_strongest(
    frame: nw.DataFrame[Any], level: float, names: Mapping[Any, str], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the adjusted lift of the strongest productive rules with its interval, and the plain lift beside it."""
    texts, rules = _TEXTS[locale], _strongest_pairs(frame)[::-1]
    ax = axes_of_rows(ax, len(rules))
    y = np.arange(len(rules))
    for position, rule in zip(y, rules, strict=True):
        ends = [np.nan if rule[name] is None else rule[name] for name in ("adjusted_lift_low", "adjusted_lift_high")]
        ax.plot(ends, [position, position], color=PALETTE[0], linewidth=2.2, solid_capstyle="butt")
    adjusted, plain = ([rule[name] for rule in rules] for name in ("adjusted_lift", "lift"))
    ax.plot(adjusted, y, "o", color=PALETTE[0], markersize=6, label=texts["adjusted lift by size"])
    ax.plot(plain, y, "x", color=GREY, markersize=5, label=texts["plain lift"])
    ax.axvline(1.0, color=GREY, linewidth=1.0, linestyle="--", label=texts["chance"])
    ax.set_yticks(y, [_rule_label(rule, names) for rule in rules], fontsize=8, parse_math=False)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(_times_label)
    ax.xaxis.set_minor_formatter(_times_label)
    ax.tick_params(axis="x", which="both", labelsize=8)
    ax.set_xlabel(texts["lift"])
    ax.set_title(texts["strongest"].format(level=level) if rules else texts["none"], fontsize=11)
    if rules:
        legend_below(ax)
    ax.spines[["top", "right"]].set_visible(False)
    finish_picture(ax)
    return ax


def draw_network(frame: nw.DataFrame[Any], names: Mapping[Any, str], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the strongest productive rules as lines between products on a circle."""
    texts, rules = _TEXTS[locale], _strongest_pairs(frame)
    ax = new_axes(ax, width=9.5, height=7.5)
    nodes = _order_on_circle(rules)
    angle_of_node = {node: 2 * np.pi * i / max(len(nodes), 1) + 0.01 for i, node in enumerate(nodes)}
    largest = max((rule["adjusted_lift"] for rule in rules), default=1.0)
    curves = [_curve(*(angle_of_node[tuple(rule[side])] for side in SIDES)) for rule in rules]
    for rule, curve, (x, y) in zip(rules, curves, _places_of_numbers(curves, _number_size(ax)), strict=True):
        lift = rule["adjusted_lift"]
        ax.plot(*curve.T, color=PALETTE[0], alpha=0.7, linewidth=1 + 4 * lift / largest, zorder=1)
        ax.text(x, y, f"{lift:.1f}×", fontsize=7, ha="center", va="center", bbox=_LABEL_BOX, zorder=3)
    for node, angle in angle_of_node.items():
        _draw_node(ax, angle, shorten(join_products(node, names)))
    ax.set_title(texts["network"].format(n=len(rules)) if rules else texts["none"], pad=24)
    ax.set_xlim(-2.1, 2.1)
    ax.set_ylim(-2.2, 2.2)
    ax.set_aspect("equal")
    ax.axis("off")
    finish_picture(ax)
    return ax


def axes_of_rows(ax: "Axes | None", n_rows: int) -> "Axes":
    """Return axes that are high enough for so many rows."""
    return new_axes(ax, width=9.5, height=max(2.0 + 0.27 * n_rows, 3.0))


def shorten(text: str) -> str:
    """Cut a long label.

    Examples
    --------
    >>> shorten("tea"), len(shorten("tea" * 20))
    ('tea', 38)
    """
    return text if len(text) <= MAX_LABEL_LENGTH else f"{text[: MAX_LABEL_LENGTH - 1]}…"


def _draw_coloured(ax: "Axes", support: Any, confidence: Any, lift: Floats, label: str) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import ScalarFormatter

    low, high = float(np.nanmin(lift)), float(np.nanmax(lift))
    norm = LogNorm(vmin=max(low, 0.1), vmax=max(high, 1.01 * max(low, 0.1)))
    edges: dict[str, Any] = {"edgecolors": "black", "linewidths": 0.5}
    points = ax.scatter(support, confidence, s=34, c=lift, cmap="viridis_r", norm=norm, zorder=3, **edges)
    bar = color_bar(ax, points, label)
    bar.ax.yaxis.set_major_formatter(ScalarFormatter())
    bar.ax.yaxis.set_minor_formatter(ScalarFormatter())


def _number_size(ax: "Axes") -> Floats:
    """Return the width and height of a number where the radius of the circle is 1."""
    box = ax.get_position()
    figure = figure_of(ax)
    inches = min(box.width * figure.get_figwidth(), box.height * figure.get_figheight())
    return NUMBER_SIZE / 72 / inches * NETWORK_SIZE


def _curve(left: float, right: float) -> Floats:
    """Return the points of a curve between two angles, bent towards the centre."""
    x, y = np.cos([left, right]), np.sin([left, right])
    t = np.linspace(0, 1, 41)[:, None]
    bend = np.array([x.mean(), y.mean()]) * 0.45
    return np.asarray((1 - t) ** 2 * [x[0], y[0]] + 2 * t * (1 - t) * bend + t**2 * [x[1], y[1]])


def _places_of_numbers(curves: Sequence[Floats], size: Floats) -> list[tuple[float, float]]:
    """Return where the number of each curve stands: near its middle, clear of the products and of the other numbers.

    ``size`` is the width and height of a number.
    """
    taken: list[Floats] = [end for curve in curves for end in (curve[0], curve[-1])]
    chosen = []
    for curve in curves:
        middle = len(curve) // 2
        along = sorted(range(6, len(curve) - 6), key=partial(_steps_from, middle))
        places = [*curve[along], *(curve[middle] * share for share in (0.85, 0.7, 0.55, 0.4, 0.25))]
        gaps = [min(float(np.max(np.abs(place - other) / size)) for other in taken) for place in places]
        free = next((i for i, gap in enumerate(gaps) if gap >= 1), int(np.argmax(gaps)))
        chosen.append(places[free])
        taken.append(places[free])
    return [(float(x), float(y)) for x, y in chosen]


def _steps_from(middle: int, place: int) -> int:
    return abs(place - middle)


def _draw_node(ax: "Axes", angle: float, text: str) -> None:
    ax.plot(np.cos(angle), np.sin(angle), "o", color="black", markersize=5)
    turned = np.degrees(angle) % 360
    is_left = 90 < turned < 270
    ax.text(
        1.05 * np.cos(angle),
        1.05 * np.sin(angle),
        text,
        fontsize=8,
        rotation=turned - 180 if is_left else turned,
        rotation_mode="anchor",
        ha="right" if is_left else "left",
        va="center",
        parse_math=False,
    )


def _times_label(value: float, _: Any = None) -> str:
    return f"{value:g}×" if _is_labelled(value) else ""


def _share_label(value: float, _: Any = None) -> str:
    return percent(value) if _is_labelled(value) else ""


def _is_labelled(value: float) -> bool:
    """Return whether a tick of a logarithmic axis has a label: those at 1, 2 and 5."""
    return f"{value:e}"[0] in "125"


def _rule_label(rule: Mapping[str, Any], names: Mapping[Any, str]) -> str:
    return " → ".join(shorten(join_products(rule[side], names)) for side in SIDES)


def _strongest_pairs(frame: nw.DataFrame[Any]) -> list[dict[str, Any]]:
    """Return the strongest productive rules, a rule and its reverse once, as the one of higher confidence."""
    strongest: dict[frozenset[Any], dict[str, Any]] = {}
    for rule in frame.filter(nw.col("productive")).rows(named=True):
        key = frozenset(tuple(rule[side]) for side in SIDES)
        is_better = key in strongest and rule["confidence"] > strongest[key]["confidence"]
        if is_better or (key not in strongest and len(strongest) < MAX_RULES):
            strongest[key] = rule
    return list(strongest.values())


def _order_on_circle(rules: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Order products so that those of one rule are near each other: component by component, depth first."""
    neighbours: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for rule in rules:
        left, right = (tuple(rule[side]) for side in SIDES)
        neighbours.setdefault(left, []).append(right)
        neighbours.setdefault(right, []).append(left)
    order: dict[tuple[Any, ...], None] = {}
    for start in neighbours:
        stack = [start]
        while stack:
            node = stack.pop()
            if node not in order:
                order[node] = None
                stack += [neighbour for neighbour in neighbours[node] if neighbour not in order]
    return list(order)
