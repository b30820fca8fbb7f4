"""Pictures: all rules at once, the strongest with their intervals, the strongest as a network."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.pictures import PALETTE, new_axes, percent, show_text
from .._names import joined
from .summary import Locale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STRONGEST = 20
"""Rules in the pictures of the strongest; more cannot be read."""
LABEL = 38
"""Letters of a product's name."""
GREY = "#8A8A8A"

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "scatter": "{n:,} rules, {real:,} of them productive",
        "support": "support (share of orders with all products of the rule, logarithmic)",
        "confidence": "confidence (share of orders with A that hold B)",
        "lift": "adjusted lift (times what chance brings)",
        "plain": "lift (times what independence brings)",
        "real": "productive",
        "other": "chance, or no better than a shorter rule",
        "untested": "not tested",
        "strongest": "The strongest rules by adjusted lift, with {level:.0%} intervals where data suffice",
        "interval": "lift (logarithmic)",
        "cross": "adjusted lift (times what chance brings in orders of these sizes)",
        "one": "chance",
        "network": "Bought together more than by chance: the {n} strongest, with adjusted lifts",
        "none": "no productive rule",
    },
    "zh": {
        "scatter": "{n:,}条规则，其中{real:,}条有效",
        "support": "支持度（含规则全部商品的订单占比，对数刻度）",
        "confidence": "置信度（含A的订单中也含B的比例）",
        "lift": "调整后提升度（为偶然情况的倍数）",
        "plain": "提升度（为独立情况的倍数）",
        "real": "有效规则",
        "other": "属偶然，或不优于更短的规则",
        "untested": "未检验",
        "strongest": "按调整后提升度最强的规则；线段为其{level:.0%}区间（数据足够时）",
        "interval": "提升度（对数刻度）",
        "cross": "调整后提升度（为同样大小的订单中偶然情况的倍数）",
        "one": "偶然",
        "network": "超出偶然的搭配：最强的{n}组及其调整后提升度",
        "none": "没有有效规则",
    },
}


def draw_scatter(frame: nw.DataFrame[Any], tested: bool, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw every rule by support and confidence; those that are real are filled and coloured by lift."""
    ax, texts = new_axes(ax, width=9.0, height=5.5), _TEXTS[locale]
    support, confidence = frame["support"].to_numpy(), frame["confidence"].to_numpy()
    real = np.asarray(frame["productive"].to_numpy(), dtype=bool)
    filled = real if tested else np.ones(len(real), dtype=bool)
    lift = np.asarray(frame["adjusted_lift" if tested else "lift"].to_numpy(), dtype=np.float64)
    if (~filled).any():
        ax.scatter(support[~filled], confidence[~filled], s=9, facecolors="none", edgecolors=GREY, linewidths=0.5)
    if filled.any():
        _coloured(ax, support[filled], confidence[filled], lift[filled], texts["lift" if tested else "plain"])
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(_share)
    ax.xaxis.set_minor_formatter(_share)
    ax.yaxis.set_major_formatter(percent)
    ax.set_xlabel(texts["support"])
    ax.set_ylabel(texts["confidence"])
    ax.set_title(texts["scatter"].format(n=len(real), real=int(real.sum())))
    ax.scatter(
        [], [], s=34, c="#35608D", edgecolors="black", linewidths=0.5, label=texts["real" if tested else "untested"]
    )
    if tested:
        ax.scatter([], [], s=9, facecolors="none", edgecolors=GREY, label=texts["other"])
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    show_text(figure_of(ax))
    return ax


def _coloured(ax: "Axes", support: Any, confidence: Any, lift: Any, label: str) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import ScalarFormatter

    low, high = float(np.nanmin(lift)), float(np.nanmax(lift))
    norm = LogNorm(vmin=max(low, 0.1), vmax=max(high, 1.01 * max(low, 0.1)))
    marks = ax.scatter(
        support, confidence, s=34, c=lift, cmap="viridis_r", norm=norm, edgecolors="black", linewidths=0.5, zorder=3
    )
    bar = figure_of(ax).colorbar(marks, ax=ax, label=label)
    bar.ax.yaxis.set_major_formatter(ScalarFormatter())
    bar.ax.yaxis.set_minor_formatter(ScalarFormatter())


def draw_strongest(
    frame: nw.DataFrame[Any], level: float, names: Mapping[Any, str], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the adjusted lift of the strongest productive rules with its interval, and the plain lift beside."""
    texts = _TEXTS[locale]
    rows = _pairs(frame)[::-1]
    ax = new_axes(ax, width=9.5, height=max(2.0 + 0.27 * len(rows), 3.0))
    place = np.arange(len(rows))
    for at, row in zip(place, rows, strict=True):
        ends = [row["adjusted_lift_low"], row["adjusted_lift_high"]]
        ax.plot(
            [np.nan if end is None else end for end in ends],
            [at, at],
            color=PALETTE[0],
            linewidth=2.2,
            solid_capstyle="butt",
        )
    adjusted = [row["adjusted_lift"] for row in rows]
    ax.plot(adjusted, place, "o", color=PALETTE[0], markersize=6, label=texts["cross"])
    ax.plot([row["lift"] for row in rows], place, "x", color=GREY, markersize=5, label=texts["plain"])
    ax.axvline(1.0, color=GREY, linewidth=1.0, linestyle="--", label=texts["one"])
    ax.set_yticks(place, [_label(row, names) for row in rows], fontsize=8, parse_math=False)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(_times)
    ax.xaxis.set_minor_formatter(_times)
    ax.tick_params(axis="x", which="both", labelsize=8)
    ax.set_xlabel(texts["interval"])
    ax.set_title(texts["strongest"].format(level=level) if rows else texts["none"], loc="right", fontsize=11)
    if rows:
        ax.legend(loc="upper right", bbox_to_anchor=(1.0, -0.1), ncols=3, frameon=False, fontsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    show_text(figure_of(ax))
    return ax


def figure_of(ax: "Axes") -> "Figure":
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _times(value: float, _: Any = None) -> str:
    return f"{value:g}×" if f"{value:e}"[0] in "125" else ""


def _share(value: float, _: Any = None) -> str:
    return percent(value) if f"{value:e}"[0] in "125" else ""


def _label(row: Mapping[str, Any], names: Mapping[Any, str]) -> str:
    return " → ".join(_cut(joined(row[side], names)) for side in ("antecedents", "consequents"))


def _cut(text: str) -> str:
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"


def draw_network(frame: nw.DataFrame[Any], names: Mapping[Any, str], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the strongest productive rules as lines between products that stand around a circle."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=9.5, height=7.5)
    rows = _pairs(frame)
    groups = _around(rows)
    angles = {one: 2 * np.pi * i / max(len(groups), 1) + 0.01 for i, one in enumerate(groups)}
    widest = max((row["adjusted_lift"] for row in rows), default=1.0)
    for row in rows:
        ends = [angles[tuple(row[side])] for side in ("antecedents", "consequents")]
        x, y = np.cos(ends), np.sin(ends)
        curve = np.linspace(0, 1, 30)[:, None]
        bend = np.array([x.mean(), y.mean()]) * 0.45
        points = (1 - curve) ** 2 * [x[0], y[0]] + 2 * curve * (1 - curve) * bend + curve**2 * [x[1], y[1]]
        ax.plot(*points.T, color=PALETTE[0], alpha=0.7, linewidth=1 + 4 * row["adjusted_lift"] / widest)
        middle = points[15]
        ax.text(
            float(middle[0]),
            float(middle[1]),
            f"{row['adjusted_lift']:.1f}×",
            fontsize=7,
            ha="center",
            va="center",
            bbox=_PATCH,
        )
    for one, angle in angles.items():
        ax.plot(np.cos(angle), np.sin(angle), "o", color="black", markersize=5)
        turned = np.degrees(angle) % 360
        left = 90 < turned < 270
        text = _cut(joined(one, names))
        ax.text(
            1.05 * np.cos(angle),
            1.05 * np.sin(angle),
            text,
            fontsize=8,
            rotation=turned - 180 if left else turned,
            rotation_mode="anchor",
            ha="right" if left else "left",
            va="center",
            parse_math=False,
        )
    ax.set_title(texts["network"].format(n=len(rows)) if rows else texts["none"], pad=24)
    ax.set_xlim(-2.1, 2.1)
    ax.set_ylim(-2.2, 2.2)
    ax.set_aspect("equal")
    ax.axis("off")
    show_text(figure_of(ax))
    return ax


_PATCH = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}


def _pairs(frame: nw.DataFrame[Any]) -> list[dict[str, Any]]:
    """Take the strongest productive rules, a rule and its reverse once, as the likelier of the two."""
    seen: dict[frozenset[Any], dict[str, Any]] = {}
    for row in frame.filter(nw.col("productive")).rows(named=True):
        key = frozenset((tuple(row["antecedents"]), tuple(row["consequents"])))
        likelier = key in seen and row["confidence"] > seen[key]["confidence"]
        if likelier or (key not in seen and len(seen) < STRONGEST):
            seen[key] = row
    return list(seen.values())


def _around(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Order the products so that those of one rule stand near each other: component by component, depth first."""
    near: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        left, right = tuple(row["antecedents"]), tuple(row["consequents"])
        near.setdefault(left, []).append(right)
        near.setdefault(right, []).append(left)
    order: dict[tuple[Any, ...], None] = {}
    for start in near:
        stack = [start]
        while stack:
            one = stack.pop()
            if one not in order:
                order[one] = None
                stack += [other for other in near[one] if other not in order]
    return list(order)
