"""Pictures of aspects: how often each is mentioned and how, and negative mentions period by period."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Ints
from ..._core.pictures import PALETTE, date_ticks, finish_picture, legend_below, new_axes, percent
from ..._core.texts import Locale
from .data import AspectData
from .word_lists import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = 5
"""Aspects that are drawn by period."""
COLOURS = {"negative": "#D55E00", "mixed": "#E69F00", "neutral": "#BBBBBB", "positive": "#0072B2"}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "all": "all products",
        "one": "product {product}",
        "aspects": "What {n:,} opinions are about: {of}",
        "periods": "Negative mentions by period: {of}",
        "x": "share of opinions",
        "y": "share of opinions that mention it negatively",
        "partial": "period not over",
        "none": "nothing to draw",
        "negative": "negative",
        "mixed": "mixed",
        "neutral": "neutral",
        "positive": "positive",
    },
    "zh": {
        "all": "全部商品",
        "one": "商品{product}",
        "aspects": "{n:,}条评价谈论的内容：{of}",
        "periods": "各期负面提及：{of}",
        "x": "占评价的比例",
        "y": "负面提及占评价的比例",
        "partial": "尚未结束的一期",
        "none": "没有可画的内容",
        "negative": "负面",
        "mixed": "褒贬皆有",
        "neutral": "中性",
        "positive": "正面",
    },
}


def draw_aspects(data: AspectData, product: int | None, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar per aspect with its negative, mixed, neutral and positive mentions, the most mentioned first."""
    texts = _TEXTS[locale]
    is_of = _is_of(data, product)
    counts = _polarity_counts(data, is_of)
    n = int(is_of.sum())
    order = np.argsort(-counts.sum(axis=0), kind="stable")
    order = order[counts.sum(axis=0)[order] > 0]
    ax = new_axes(ax, height=max(2.5, 1.5 + 0.35 * len(order)))
    left = np.zeros(len(order))
    for row, (name, colour) in enumerate(COLOURS.items()):
        width = counts[row, order] / max(n, 1)
        ax.barh(range(len(order)), width, left=left, color=colour, label=texts[name])
        left += width
    ax.set_yticks(range(len(order)), [label(data.names[i], locale) for i in order])
    ax.invert_yaxis()
    ax.set_title(texts["aspects"].format(n=n, of=_name(data, product, locale)))
    ax.set_xlabel(texts["x"])
    ax.xaxis.set_major_formatter(percent)
    _finish(ax, texts, is_empty=not len(order))
    return ax


def draw_periods(data: AspectData, product: int | None, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a line per aspect that is mentioned negatively most, with hollow points where a period is not over."""
    texts = _TEXTS[locale]
    ax = new_axes(ax)
    dated = data.dated()
    places = dated[_is_of(data, product)[dated]]
    periods, at = np.unique(data.period(data.opinions, places), return_inverse=True)
    negative = data.negative[places]
    n = np.bincount(at, minlength=len(periods))
    is_shown = n >= data.min_reviews
    chosen = np.argsort(-negative.sum(axis=0), kind="stable")[:LINES]
    starts = data.starts(periods)
    for turn, aspect in enumerate(chosen.tolist()):
        share = np.bincount(at, weights=negative[:, aspect], minlength=len(periods)) / np.maximum(n, 1)
        _draw_line(
            ax, starts, share, is_shown, periods >= data.first_open, PALETTE[turn], label(data.names[aspect], locale)
        )
    ax.set_title(texts["periods"].format(of=_name(data, product, locale)))
    ax.set_ylabel(texts["y"])
    ax.yaxis.set_major_formatter(percent)
    ax.set_ylim(bottom=0)
    if is_shown.any():
        date_ticks(ax)
        if (is_shown & (periods >= data.first_open)).any():
            ax.plot([], [], "o", color="black", markerfacecolor="white", label=texts["partial"])
    _finish(ax, texts, is_empty=not is_shown.any())
    return ax


def _draw_line(ax: "Axes", starts: Any, share: Any, is_shown: Any, is_open: Any, colour: str, name: str) -> None:
    ax.plot(starts[is_shown], share[is_shown], "-", color=colour, label=name)
    for is_part, face in ((is_shown & ~is_open, colour), (is_shown & is_open, "white")):
        ax.plot(starts[is_part], share[is_part], "o", color=colour, markerfacecolor=face)


def _finish(ax: "Axes", texts: dict[str, str], *, is_empty: bool) -> None:
    if is_empty:
        ax.text(0.5, 0.5, texts["none"], ha="center", va="center", transform=ax.transAxes)
    else:
        legend_below(ax)
    finish_picture(ax)


def _is_of(data: AspectData, product: int | None) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    return np.ones(len(data.opinions), dtype=bool) if product is None else data.opinions.product == product


def _polarity_counts(data: AspectData, is_of: Any) -> Ints:
    """Return the mentions by polarity (rows) and aspect (columns)."""
    mentions, n = data.mentions, len(data.names)
    counts = np.zeros((len(COLOURS), n), dtype=np.int64)
    chosen = np.flatnonzero(is_of[mentions.opinion])
    row = {name: i for i, name in enumerate(COLOURS)}
    rows = np.array([row[mentions.polarity(i)] for i in chosen.tolist()], dtype=np.int64)
    np.add.at(counts, (rows, mentions.aspect[chosen]), 1)
    return counts


def _name(data: AspectData, product: int | None, locale: Locale) -> str:
    texts = _TEXTS[locale]
    return texts["all"] if product is None else texts["one"].format(product=data.products[product])
