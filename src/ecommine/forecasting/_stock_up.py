"""What to order now: the demand of the lead time that is not exceeded nine times in ten, less what is there."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import Floats
from .._core.checks import integer, show
from .._core.durations import Duration
from .._core.moments import moment
from .._core.notes import Note
from .._core.texts import counted
from ._distribution.totals import reasons_of_series
from ._panel.grid import Periods
from ._panel.stock import read_stock
from ._smoothing.classes import recent_totals

if TYPE_CHECKING:
    from ._result import ForecastData

STOCK_UP_LEVEL = 0.9
"""Quantile of the total over the lead time that stock is to cover."""
LeadTime = str | timedelta | int


def stock_up_columns(
    data: "ForecastData", stock: object | None, lead_time: LeadTime
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """Return the columns of the list, the series with most to order first, and notes.

    Raises
    ------
    SchemaError
        If columns of ``stock`` are missing or of a wrong type.
    TypeError, ValueError
        If the lead time cannot be read or is longer than the horizon.
    """
    n_steps = steps_of_lead_time(data.periods, lead_time)
    mean, quantiles = data.totals_by_series(n_steps, np.array([STOCK_UP_LEVEL]))
    p90 = quantiles[:, 0]
    columns: dict[str, Any] = {**data.panel.ids, "mean": mean, "p90": p90}
    reasons = {"reason": np.array(reasons_of_series(mean, quantiles), dtype=object)}
    if stock is None:
        recent = recent_totals(data.panel.demand, n_steps)
        columns |= {"recent": recent, "rise": mean - recent, **reasons}
        return _sorted(columns, mean - recent), ()
    held = read_stock(stock, data.panel)
    is_unknown = np.isnan(held.on_order) & ~np.isnan(held.on_hand)
    missing = p90 - held.on_hand - np.nan_to_num(held.on_order)
    order = np.where(data.is_count, np.ceil(missing - 1e-9), missing)
    order = np.where(missing > 0, order, np.where(np.isnan(missing), np.nan, 0.0))
    columns |= {"on_hand": held.on_hand, "on_order": held.on_order, "order": order, **reasons}
    notes = (*held.notes, *_unknown_orders(int(is_unknown.sum())))
    return _sorted(columns, order), notes


def _unknown_orders(count: int) -> tuple[Note, ...]:
    if not count:
        return ()
    text = f"{counted(count, 'series', 'series')} of `stock` without a known `on_order`: counted as nothing on order"
    return (Note(text, code="on_order_unknown", count=count),)


def steps_of_lead_time(periods: Periods, lead_time: LeadTime) -> int:
    """Return how many periods of the horizon a lead time reaches into.

    Examples
    --------
    >>> weeks = Periods(starts=np.array(["2024-01-01", "2024-01-08"], dtype="datetime64[us]"), every="1w")
    >>> steps_of_lead_time(weeks, "7d"), steps_of_lead_time(weeks, "10d")
    (1, 2)
    """
    if not periods.is_dated or isinstance(lead_time, int):
        n_steps = integer("lead_time", lead_time, low=1)
    else:
        first = moment(str(periods.starts[0]))
        end = np.datetime64(Duration.parse(lead_time, argument="lead_time").after(first), "us")
        n_steps = int((periods.starts < end).sum()) + int(end > periods.following(1).starts[0])
    if n_steps > len(periods):
        raise ValueError(
            f"`lead_time` of {show(lead_time)} is longer than the horizon of {len(periods)} periods: forecast more"
        )
    return n_steps


def _sorted(columns: dict[str, Any], values: Floats) -> dict[str, Any]:
    """Return columns by falling values, unknown ones last, equal ones as they stand."""
    order = np.argsort(-np.where(np.isnan(values), -np.inf, values), kind="stable")
    return {name: column[order] for name, column in columns.items()}
