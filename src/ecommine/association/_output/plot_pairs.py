"""Pictures of pairs beside chance, and of what follows an order, and when."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats
from ..._core.pictures import PALETTE, finish_picture, legend_below
from ..._core.texts import Locale, counted, percent, thousands, within_in_words
from .plot import GREY, MAX_RULES, axes_of_rows, shorten
from .result import column_as_floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "substitute": "Bought together less than by chance: top {n} of {pairs}",
        "complement": "Bought together more than by chance: top {n} of {pairs}",
        "no substitute": "no pair is bought together less than by chance",
        "no complement": "no pair is bought together more than by chance",
        "orders": "orders with both products",
        "chance": "95% range of chance in orders of these sizes",
        "observed": "observed",
        "next": "What customers buy {within}: top {n} of {rules}",
        "no next": "no rule exceeds chance",
        "days": "days to the first such order (dot: median, line: middle half)",
        "share": "{share} of orders, {lift:.1f}× chance",
    },
    "zh": {
        "substitute": "同单次数低于随机水平：{pairs}中最明显的{n}对",
        "complement": "同单次数高于随机水平：{pairs}中最强的{n}对",
        "no substitute": "没有同单次数低于随机水平的商品对",
        "no complement": "没有同单次数高于随机水平的商品对",
        "orders": "同时含两种商品的订单数",
        "chance": "同等规模订单中随机水平的95%范围",
        "observed": "实际订单数",
        "next": "{within}的后续购买：{rules}中最强的{n}条",
        "no next": "没有高于随机水平的规则",
        "days": "距首个后续订单的天数（点为中位数，线段为中间一半）",
        "share": "占订单的{share}，为随机水平的{lift:.1f}倍",
    },
}


def draw_pairs(
    frame: nw.DataFrame[Any], relation: str, names: Mapping[Any, str], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the orders with both products, and the range of such counts by chance."""
    texts, pairs = _TEXTS[locale], frame.head(MAX_RULES)
    ax, y = axes_of_rows(ax, len(pairs)), np.arange(len(pairs))[::-1]
    low, high = chance_range(column_as_floats(pairs, "expected"), column_as_floats(pairs, "design_effect"))
    ax.hlines(y, low, high, color=GREY, linewidth=6, alpha=0.6, label=texts["chance"])
    ax.plot(column_as_floats(pairs, "count"), y, "o", color=PALETTE[0], markersize=6, label=texts["observed"])
    labels = [_side_labels(pair, frame.columns[:2], " / ", names) for pair in pairs.rows(named=True)]
    ax.set_yticks(y, labels, fontsize=8, parse_math=False)
    _finish(ax, texts["orders"])
    title = texts[relation if len(pairs) else f"no {relation}"]
    ax.set_title(title.format(n=len(pairs), pairs=counted(len(frame), "pair", locale=locale)))
    ax.xaxis.set_major_formatter(lambda value, _: thousands(value, locale=locale))
    if len(pairs):
        legend_below(ax)
        ax.set_xlim(left=0)
    finish_picture(ax)
    return ax


def draw_next_orders(
    frame: nw.DataFrame[Any], window: str, names: Mapping[Any, str], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the quartiles of the days from one order to the later one."""
    texts, rules = _TEXTS[locale], frame.head(MAX_RULES)
    ax, y = axes_of_rows(ax, len(rules)), np.arange(len(rules))[::-1]
    low, middle, high = (column_as_floats(rules, name) for name in ("gap_p25", "gap_median", "gap_p75"))
    ax.hlines(y, low, high, color=PALETTE[0], linewidth=2.2)
    ax.plot(middle, y, "o", color=PALETTE[0], markersize=6)
    rows = rules.rows(named=True)
    labels = [_side_labels(rule, ("antecedent", "consequent"), " → ", names) for rule in rows]
    ax.set_yticks(y, labels, fontsize=8, parse_math=False)
    for position, rule in zip(y, rows, strict=True):
        text = texts["share"].format(share=percent(rule["confidence"]), lift=rule["adjusted_lift"])
        ax.text(1.01, position, text, fontsize=7, va="center", transform=ax.get_yaxis_transform())
    _finish(ax, texts["days"])
    title = texts["next" if rows else "no next"]
    parts = {"within": within_in_words(window, locale), "rules": counted(len(frame), "rule", locale=locale)}
    ax.set_title(title.format(**parts, n=len(rows)))
    if rows:
        ax.set_xlim(left=0)
    finish_picture(ax)
    return ax


def chance_range(mean: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Compute the middle 95 % of Poisson counts of this mean whose variance a design effect inflates.

    Examples
    --------
    >>> low, high = chance_range(np.array([100.0]), np.array([1.0]))
    >>> low.round(), high.round()
    (array([80.]), array([120.]))
    """
    from scipy.special import pdtrik

    thinned = mean / effect
    low, high = (np.asarray(pdtrik(share, thinned), dtype=np.float64) * effect for share in (0.025, 0.975))
    return np.nan_to_num(low), high  # unknown where less than one order in forty is expected


def _finish(ax: "Axes", label: str) -> None:
    ax.set_xlabel(label)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="x", labelsize=8)


def _side_labels(row: Mapping[str, Any], sides: Any, separator: str, names: Mapping[Any, str]) -> str:
    return separator.join(shorten(str(names.get(row[side], row[side]))) for side in sides)
