"""The picture of a forecast: history, mean, and the bands between quantiles."""

from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import Floats
from .._core.checks import show
from .._core.pictures import PALETTE, date_ticks, finish_picture, legend_below, new_axes, percent, thousands
from .._core.texts import Locale, quote_names
from ._distribution.conformal import central_pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._result import ForecastData

SHOWN_HORIZONS, MIN_SHOWN = 4, 24
"""History that is shown: so many horizons, and at least so many periods."""
GREYS = ("#C9DDEB", "#8FBBD9", "#5E9CC8")
"""Bands from the outer to the inner one, each darker, also in grey print."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Demand for {name}: history and forecast",
        "all": "all products",
        "units": "units per {period}",
        "history": "history",
        "mean": "forecast (mean)",
        "without": "without events and promotions",
        "band": "{level} interval",
        "period": "number of the period",
        "1d": "day", "1w": "week", "1mo": "month", "1q": "quarter", "1y": "year", "": "period",
    },
    "zh": {
        "title": "{name}的需求：历史与预测",
        "all": "全部商品",
        "units": "每{period}件数",
        "history": "历史",
        "mean": "预测（均值）",
        "without": "不含活动与促销",
        "band": "{level}区间",
        "period": "期数",
        "1d": "日", "1w": "周", "1mo": "月", "1q": "季", "1y": "年", "": "期",
    },
}  # fmt: skip


def draw_forecast(data: "ForecastData", product_id: Any, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one series, or the total of all where ``product_id`` is None.

    Raises
    ------
    ValueError
        If no series, or more than one, has the id.
    """
    ax, texts = new_axes(ax, width=9.0, height=4.5), _TEXTS[locale]
    row = None if product_id is None else _row_of(data, product_id)
    history, mean, baseline, quantiles = _values(data, row)
    shown = slice(-max(SHOWN_HORIZONS * data.horizon, MIN_SHOWN), None)
    past, ahead = _axis_values(data.panel.periods.starts)[shown], _axis_values(data.periods.starts)
    _draw_bands(ax, data.levels, np.append(past[-1:], ahead), history[-1], quantiles, locale)
    ax.plot(past, history[shown], color="black", linewidth=1.2, label=texts["history"])
    ax.plot(ahead, mean, color=PALETTE[0], linewidth=2.0, marker="o", markersize=3.5, label=texts["mean"])
    if np.nanmax(np.abs(mean - baseline), initial=0) > 0.005 * np.nanmax(np.abs(mean), initial=0):
        ax.plot(ahead, baseline, color="#444444", linewidth=1.4, linestyle=":", label=texts["without"])
    ax.axvline(_between(past[-1], ahead[0]), color="#888888", linewidth=0.8, linestyle="--")
    ax.set_title(texts["title"].format(name=texts["all"] if row is None else data.panel.names()[row]))
    ax.set_ylabel(texts["units"].format(period=texts[data.periods.every or ""]))
    if data.periods.is_dated:
        date_ticks(ax)
    else:
        ax.set_xlabel(texts["period"])
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda value, _: thousands(value, locale=locale))
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="y", color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    legend_below(ax)
    finish_picture(ax)
    return ax


def _row_of(data: "ForecastData", product_id: Any) -> int:
    """Return the series of an id, or of a tuple of the values of all columns of ``by``."""
    ids = list(data.panel.ids.values())
    names = ", ".join(data.panel.ids)
    wanted = product_id if isinstance(product_id, tuple) and len(ids) > 1 else (product_id,)
    try:
        chosen = [{value} for value in wanted]
    except TypeError:  # what cannot be looked up is no id
        raise TypeError(f"`product_id` must be an id, or a tuple of ({names}), got {show(product_id)}") from None
    is_it = np.full(data.panel.n_series, 0 < len(chosen) <= len(ids))
    for labels, values in zip(ids, chosen, strict=False):
        is_it &= np.array([label in values for label in labels.tolist()])
    rows = np.flatnonzero(is_it)
    if len(rows) == 1:
        return int(rows[0])
    if len(rows):
        raise ValueError(
            f"`product_id` must name one series, {len(rows)} have {show(product_id)}: give all of ({names})"
        )
    known = quote_names(ids[0][:3].tolist())
    raise ValueError(f"`product_id` must be a product of the forecast such as {known}, got {show(product_id)}")


def _values(data: "ForecastData", row: int | None) -> tuple[Floats, Floats, Floats, Floats]:
    """Return history, mean, baseline and quantiles (horizon, n_levels) of a series, or of all together."""
    if row is not None:
        return data.panel.demand[row], data.mean[row], data.baseline[row], data.quantiles[row]
    is_known = ~np.isnan(data.panel.demand)
    history = np.where(is_known.any(axis=0), np.where(is_known, data.panel.demand, 0).sum(axis=0), np.nan)
    rows = np.arange(data.panel.n_series)
    totals = [data.own_total(rows, slice(step, step + 1), data.levels) for step in range(data.horizon)]
    mean, quantiles = np.array([total for total, _ in totals]), [values for _, values in totals]
    return history, mean, np.nansum(data.baseline, axis=0), np.stack(quantiles)


def _draw_bands(ax: "Axes", levels: Floats, ahead: Any, last: float, quantiles: Floats, locale: Locale) -> None:
    """Draw the band between each pair of quantiles as far from the middle, the widest first; they begin at the end."""
    for colour, (low, high) in zip(GREYS, central_pairs(levels), strict=False):
        if np.isnan(quantiles[:, [low, high]]).any():  # too short a history for quantiles of a total
            continue
        level = percent(round(float(levels[high] - levels[low]), 6))
        below, above = (np.append(last, quantiles[:, i]) for i in (low, high))
        ax.fill_between(
            ahead, below, above, color=colour, linewidth=0, label=_TEXTS[locale]["band"].format(level=level)
        )


def _axis_values(starts: Any) -> Any:
    return starts.astype("datetime64[s]") if starts.dtype.kind == "M" else starts


def _between(last: Any, first: Any) -> Any:
    return last + (first - last) / 2
