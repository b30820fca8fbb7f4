"""Pictures: all elasticities with their intervals by category, and the demand curve of one product."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import Floats
from .._core.checks import show
from .._core.pictures import PALETTE, finish_picture, legend_below, new_axes, percent
from .._core.texts import Locale
from .._stats.arrays import sums_by_group
from ._notes import REASONS
from ._panel import Panel
from ._regression.rows import Rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 60
"""Of a drawn curve."""
MAX_NAMED = 25
"""Lines whose names can be read beside each other."""
MAX_NAME_LENGTH = 30
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "elasticities": "Price elasticity with its interval",
        "x": "elasticity",
        "y": "products",
        "other": "no category",
        "demand": "Demand for {name}: elasticity {mean:.2f}",
        "unknown": "Demand for {name}: no elasticity, {reason}",
        "price": "price relative to its mean",
        "units": "units relative to their mean",
        "data": "periods",
        "curve": "expected",
    },
    "zh": {
        "elasticities": "价格弹性及其区间",
        "x": "弹性",
        "y": "商品",
        "other": "无类别",
        "demand": "{name}的需求曲线：弹性{mean:.2f}",
        "unknown": "{name}的需求：无法估计弹性，{reason}",
        "price": "价格（相对于均值）",
        "units": "销量（相对于均值）",
        "data": "各时段",
        "curve": "预期",
    },
}


def draw_elasticities(
    panel: Panel, mean: Floats, limits: tuple[Floats, Floats], ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw a line per elasticity, sorted within its category."""
    texts = _TEXTS[locale]
    ax = new_axes(ax)
    known = np.flatnonzero(np.isfinite(mean))
    order = known[np.lexsort((mean[known], panel.category[known]))]
    labels = [*map(str, panel.categories.tolist()), texts["other"]]
    for turn, code in enumerate(dict.fromkeys(panel.category[order].tolist())):
        places = np.flatnonzero(panel.category[order] == code)
        rows, colour = order[places], PALETTE[turn % (len(PALETTE) - 1)]
        ax.hlines(places, limits[0][rows], limits[1][rows], color=colour, alpha=0.45, linewidth=1.5)
        ax.plot(mean[rows], places, "o", color=colour, markersize=3, label=labels[code])
    ax.axvline(-1, color="0.6", linewidth=0.8, linestyle=":")
    names = [_cut(str(name)) for name in panel.labels[order].tolist()]
    is_named = len(names) <= MAX_NAMED
    ax.set(title=texts["elasticities"], xlabel=texts["x"], ylabel="" if is_named else texts["y"], yticks=[])
    if is_named:
        ax.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    if len(panel.categories):
        legend_below(ax)
    finish_picture(ax)
    return ax


def _cut(name: str) -> str:
    return name if len(name) <= MAX_NAME_LENGTH else f"{name[: MAX_NAME_LENGTH - 1]}…"


def draw_demand(
    rows: Rows,
    mean: Floats,
    limits: tuple[Floats, Floats],
    reasons: Sequence[str | None],
    product: Any,
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw units against price, each over its mean, with the curve of the elasticity and of its limits if known."""
    texts, panel = _TEXTS[locale], rows.panel
    place = _place(panel, mean, product)
    of_group = panel.group == place
    price, units = (_relative(values[of_group], panel.series[of_group]) for values in (panel.price, panel.units))
    ax = new_axes(ax)
    ax.plot(price, units, "o", color=PALETTE[0], alpha=0.5, markersize=4, label=texts["data"])
    if np.isfinite(mean[place]):
        grid = np.linspace(price.min(), price.max(), POINTS)
        ax.plot(grid, grid ** mean[place], color=PALETTE[5], label=texts["curve"])
        band = np.sort([grid ** limits[0][place], grid ** limits[1][place]], axis=0)
        ax.fill_between(grid, band[0], band[1], color=PALETTE[5], alpha=0.2, linewidth=0)
    title = _demand_title(panel.labels.tolist()[place], float(mean[place]), reasons[place], locale)
    ax.title.set_parse_math(False)
    ax.set(title=title, xlabel=texts["price"], ylabel=texts["units"])
    ax.xaxis.set_major_formatter(percent)
    ax.yaxis.set_major_formatter(percent)
    ax.legend(frameon=False)
    finish_picture(ax)
    return ax


def _demand_title(name: Any, mean: float, reason: str | None, locale: Locale) -> str:
    """Return the title: the elasticity, or why there is none, without what to do about it."""
    if np.isfinite(mean) or reason is None:
        return _TEXTS[locale]["demand"].format(name=name, mean=mean)
    words = re.split("[:：]", REASONS[reason][0 if locale == "en" else 1])[0]
    return _TEXTS[locale]["unknown"].format(name=name, reason=words)


def _place(panel: Panel, mean: Floats, product: Any) -> int:
    """Return the group of a label, or the one that sells most among those of a known elasticity, if there are any."""
    labels = panel.labels.tolist()
    if product is None:
        if not labels:
            raise ValueError("there is no elasticity whose demand could be drawn: the sales have no product")
        sold = np.bincount(panel.group, weights=panel.units, minlength=panel.n_groups)
        is_known = np.isfinite(mean)
        return int(np.argmax(np.where(is_known, sold, -1.0) if is_known.any() else sold))
    try:
        place = {label: number for number, label in enumerate(labels)}.get(product)
    except TypeError:  # a list or a table cannot be looked up
        place = None
    if place is None:
        raise ValueError(f"`product` must be one of the elasticities, got {show(product)}")
    return place


def _relative(values: Floats, series: Any) -> Floats:
    """Return values over the geometric mean of their series, of what is above zero."""
    codes = np.unique(series, return_inverse=True)[1]
    n = int(codes.max(initial=-1)) + 1
    is_positive = values > 0
    logs = np.log(np.where(is_positive, values, 1.0))
    mean = sums_by_group(codes, logs, n) / np.maximum(np.bincount(codes, weights=is_positive, minlength=n), 1)
    return np.asarray(values / np.exp(mean)[codes], dtype=np.float64)
