"""The picture of trends: growth of the strongest products beside the shop, with intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._core.pictures import PALETTE, finish_picture, legend_below, new_axes
from ..._core.texts import Locale
from .share_trends import ShareTrends
from .summary import signed_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_SHOWN = 10
"""Products that are drawn of either direction."""
MAX_LOG_GROWTH = 4.0
"""Growth and intervals beyond it, some fifty times a year, are cut at the edge."""
ROUND_GROWTH = (-0.98, -0.95, -0.9, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 9.0, 19.0, 49.0)
"""Growth that is marked on the axis."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Products that rise and fall beside the shop",
        "year": "growth of the share of the shop in a year",
        "period": "growth of the share of the shop per period",
        "none": "no product rises or falls beyond chance",
        "rising": "rising",
        "falling": "falling",
    },
    "zh": {
        "title": "相对全店上升与下降的商品",
        "year": "占全店份额的年增长",
        "period": "占全店份额的每期增长",
        "none": "没有商品出现超出随机波动的升降",
        "rising": "上升",
        "falling": "下降",
    },
}


def draw_trends(
    names: Sequence[str],
    found: ShareTrends,
    directions: Sequence[str | None],
    is_dated: bool,
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw a point with its interval for each product, falling ones below, with marks that differ without colour."""
    rows = [row for way in ("falling", "rising") for row in _strongest(found, directions, way)]
    ax, texts = new_axes(ax, width=8.0, height=1.6 + 0.3 * max(len(rows), 4)), _TEXTS[locale]
    ax.set_title(texts["title"])
    ax.set_xlabel(texts["year" if is_dated else "period"])
    ax.set_yticks(range(len(rows)), [names[row] for row in rows])
    ax.axvline(0, color="black", linewidth=0.8)
    for way, marker, colour in (("rising", "^", PALETTE[0]), ("falling", "v", PALETTE[5])):
        heights = [height for height, row in enumerate(rows) if directions[row] == way]
        if heights:
            _draw(ax, found, [rows[height] for height in heights], heights, marker, colour, texts[way])
    if rows:
        legend_below(ax)
    else:
        ax.text(0.5, 0.5, texts["none"], ha="center", va="center", transform=ax.transAxes)
    _mark_growth(ax)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(visible=True, axis="x", color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    finish_picture(ax)
    return ax


def _mark_growth(ax: "Axes") -> None:
    """Mark round rates on an axis of log growth; where fewer than two are in sight, any."""
    low, high = ax.get_xlim()
    marks = [mark for mark in np.log1p(ROUND_GROWTH).tolist() if low <= mark <= high]
    if len(marks) > 1:
        ax.set_xticks(marks)
    ax.xaxis.set_major_formatter(lambda value, _: signed_percent(value) if value else "0%")


def _strongest(found: ShareTrends, directions: Sequence[str | None], way: str) -> list[int]:
    """Return the products of a direction with the strongest trends, in ascending order of growth."""
    rows = [row for row, direction in enumerate(directions) if direction == way]
    rows = sorted(rows, key=lambda row: -abs(found.growth[row]))[:MAX_SHOWN]
    return sorted(rows, key=lambda row: found.growth[row])


def _draw(
    ax: "Axes",
    found: ShareTrends,
    rows: Sequence[int],
    heights: Sequence[int],
    marker: str,
    colour: str,
    label: str,
) -> None:
    growth, low, high = (
        np.clip(values[list(rows)], -MAX_LOG_GROWTH, MAX_LOG_GROWTH)
        for values in (found.growth, found.growth_low, found.growth_high)
    )
    ax.hlines(heights, low, high, color=colour, linewidth=1.6)
    ax.plot(growth, heights, marker, color=colour, markersize=7, label=label)
