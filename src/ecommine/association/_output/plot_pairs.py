"""Pictures of pairs beside chance, and of what follows an order, and when."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.pictures import PALETTE, new_axes, percent, show_text, thousands
from .measures import Floats
from .plot import GREY, LABEL, STRONGEST, figure_of
from .summary import Locale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "substitute": "Bought together less than by chance: the {n} clearest of {all:,} pairs",
        "complement": "Bought together more than by chance: the {n} strongest of {all:,} pairs",
        "no substitute": "no pair is bought together less than by chance",
        "no complement": "no pair is bought together more than by chance",
        "orders": "orders with both",
        "chance": "95% of what chance gives in orders of these sizes",
        "seen": "orders that there are",
        "next": "What follows within {within}: the {n} strongest of {all:,} rules",
        "no next": "no rule is more than chance",
        "days": "days to the first such order (dot: median, line: middle half)",
        "share": "{share} of orders, {lift:.1f}× chance",
    },
    "zh": {
        "substitute": "同单次数少于偶然：{all:,}对商品中最明显的{n}对",
        "complement": "同单次数多于偶然：{all:,}对商品中最强的{n}对",
        "no substitute": "没有同单次数少于偶然的商品对",
        "no complement": "没有同单次数多于偶然的商品对",
        "orders": "同时含两种商品的订单数",
        "chance": "同等大小的订单中，偶然情况的95%范围",
        "seen": "实际订单数",
        "next": "{within}内的后续购买：{all:,}条规则中最强的{n}条",
        "no next": "没有超出偶然的规则",
        "days": "距首个后续订单的天数（点为中位数，线段为中间一半）",
        "share": "占订单{share}，为偶然的{lift:.1f}倍",
    },
}


def draw_pairs(
    frame: nw.DataFrame[Any], relation: str, names: Mapping[Any, str], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the orders with both products, and the range of such counts by chance."""
    texts, shown = _TEXTS[locale], frame.head(STRONGEST)
    ax, place = _rows_of(ax, len(shown)), np.arange(len(shown))[::-1]
    low, high = chance_range(_floats(shown, "expected"), _floats(shown, "design_effect"))
    ax.hlines(place, low, high, color=GREY, linewidth=6, alpha=0.6, label=texts["chance"])
    ax.plot(_floats(shown, "count"), place, "o", color=PALETTE[0], markersize=6, label=texts["seen"])
    sides = frame.columns[:2]
    ax.set_yticks(
        place, [_beside(row, sides, " / ", names) for row in shown.rows(named=True)], fontsize=8, parse_math=False
    )
    _finish(ax, texts["orders"])
    ax.set_title(texts[relation if len(shown) else f"no {relation}"].format(n=len(shown), all=len(frame)), loc="right")
    ax.xaxis.set_major_formatter(lambda value, _: thousands(value, locale=locale))
    if len(shown):
        ax.legend(loc="upper right", bbox_to_anchor=(1.0, -0.12), ncols=2, frameon=False, fontsize=8)
        ax.set_xlim(left=0)
    show_text(figure_of(ax))
    return ax


def draw_next(
    frame: nw.DataFrame[Any], within: str, names: Mapping[Any, str], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the quartiles of the days from one order to the later one."""
    texts, shown = _TEXTS[locale], frame.head(STRONGEST)
    ax, place = _rows_of(ax, len(shown)), np.arange(len(shown))[::-1]
    ax.hlines(place, _floats(shown, "gap_p25"), _floats(shown, "gap_p75"), color=PALETTE[0], linewidth=2.2)
    ax.plot(_floats(shown, "gap_median"), place, "o", color=PALETTE[0], markersize=6)
    rows = shown.rows(named=True)
    ax.set_yticks(
        place, [_beside(row, ("antecedent", "consequent"), " → ", names) for row in rows], fontsize=8, parse_math=False
    )
    for at, row in zip(place, rows, strict=True):
        said = texts["share"].format(share=percent(row["confidence"]), lift=row["adjusted_lift"])
        ax.text(1.01, at, said, fontsize=7, va="center", transform=ax.get_yaxis_transform())
    _finish(ax, texts["days"])
    ax.set_title(texts["next" if rows else "no next"].format(within=within, n=len(rows), all=len(frame)), loc="right")
    if rows:
        ax.set_xlim(left=0)
    show_text(figure_of(ax))
    return ax


def chance_range(mean: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Return the middle 95 % of counts of this mean whose variance is inflated, by the distribution of the test."""
    from scipy.special import pdtrik

    thinned = mean / effect
    low, high = (np.asarray(pdtrik(share, thinned), dtype=np.float64) * effect for share in (0.025, 0.975))
    return np.nan_to_num(low), high  # not even one order in forty may be expected


def _rows_of(ax: "Axes | None", rows: int) -> "Axes":
    return new_axes(ax, width=9.5, height=max(2.0 + 0.27 * rows, 3.0))


def _finish(ax: "Axes", label: str) -> None:
    ax.set_xlabel(label)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="x", labelsize=8)


def _beside(row: Mapping[str, Any], sides: Any, sign: str, names: Mapping[Any, str]) -> str:
    texts = [str(names.get(row[side], row[side])) for side in sides]
    return sign.join(one if len(one) <= LABEL else f"{one[: LABEL - 1]}…" for one in texts)


def _floats(frame: nw.DataFrame[Any], name: str) -> Floats:
    return np.asarray(frame[name].cast(nw.Float64).to_numpy(), dtype=np.float64)
