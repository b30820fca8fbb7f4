"""The call `uncensor`: demand behind the sales of periods that ended with the stock, and the panel made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.notes import Note
from .._core.texts import counted, percent
from ..schema._for_topics import Every, warn
from ._censoring import Uncensored, uncensored_demand
from ._panel.grid import SEASON_LENGTHS
from ._panel.series import Panel, read_panel
from ._panel.stock import StockDays, read_stock_days

BLOCK = 2_000
"""Series whose season is estimated together."""
MAX_CENSORED_SHARE = 0.5
"""Share of known periods that sold out above which a note says that the estimate rests on little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncensoredPanel:
    """A panel whose demand is that behind the sales, with the sales and how they were read.

    Attributes
    ----------
    panel : Panel
        Demand is the expectation where the stock ran out, NaN where there was none; notes of the stock are in.
    sold : float array of shape (n_series, n_periods)
    days : StockDays
    rate : float array of shape (n_series, n_periods)
        Mean demand at the time.
    """

    panel: Panel
    sold: Floats
    days: StockDays
    rate: Floats


@tell_library_errors
def uncensor(
    sales: object,
    stock: object,
    /,
    *,
    every: Every | None = None,
    by: Sequence[str] = ("product_id",),
    as_of: datetime | date | str | None = None,
) -> Any:
    """Estimate the demand behind sales that ended with the stock.

    Sales of a day that sold out say only that demand was at least as large. Left as they are, such days make demand
    look low, and so does leaving them out, since they are the days of high demand. Here they count with the chance of
    at least that demand. On a longer period the stock ran out where one of its recorded days opened with nothing.

    Parameters
    ----------
    sales : table
        Canonical ``sales``; days show best when the stock ran out.
    stock : table
        Canonical ``stock``: on_hand is what a day opened with. Series without a record are taken as sold.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Length of a period; by default as the dates show it.
    by : sequence of str, default ("product_id",)
        Columns whose values make a series; the stock of all its stores counts together.
    as_of : datetime, date or ISO 8601 text, default the last complete period
        Later periods are left out.

    Returns
    -------
    table of the library of ``sales``
        One row per series and period from its first row on:

        - the columns of ``by``, period_at;
        - units_sold: as in ``sales``;
        - sold_out: whether all that was there was sold; out_of_stock: whether there was nothing to sell;
        - demand: units_sold, its expectation where sold_out (a decimal number), null where out_of_stock;
        - demand_rate: mean demand of such a period at the time, also where out_of_stock.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or rows are repeated.
    TypeError, ValueError
        If an option cannot be read, periods are numbers, or `every` is not given and the dates do not show it.

    Warns
    -----
    DataWarning
        With the number of periods that sold out, and of series that are not in ``stock``.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> days = pd.date_range("2024-01-01", periods=6, freq="D")
    >>> sales = pd.DataFrame({"product_id": "tea", "period_at": days, "quantity": [4, 6, 5, 3, 0, 5]})
    >>> stock = pd.DataFrame({"product_id": "tea", "stocked_at": days, "on_hand": [18, 14, 8, 3, 0, 20]})
    >>> with warnings.catch_warnings(action="ignore"):
    ...     table = forecasting.uncensor(sales, stock, every="1d")
    >>> table[["units_sold", "sold_out", "out_of_stock", "demand", "demand_rate"]].round(1)
       units_sold  sold_out  out_of_stock  demand  demand_rate
    0         4.0     False         False     4.0          5.1
    1         6.0     False         False     6.0          5.1
    2         5.0     False         False     5.0          5.1
    3         3.0      True         False     5.6          5.1
    4         0.0     False          True     NaN          5.1
    5         5.0     False         False     5.0          5.1
    """
    uncensored = read_uncensored(sales, stock, every=every, by=by, as_of=as_of)
    panel, sold = uncensored.panel, uncensored.sold
    has_row = np.logical_or.accumulate(~np.isnan(sold) | uncensored.days.is_out, axis=1)
    series, period = np.nonzero(has_row)
    columns = {
        **{name: labels[series] for name, labels in panel.ids.items()},
        "period_at": panel.periods.starts[period],
        "units_sold": sold[has_row],
        "sold_out": uncensored.days.is_censored[has_row],
        "out_of_stock": uncensored.days.is_out[has_row],
        "demand": panel.demand[has_row],
        "demand_rate": uncensored.rate[has_row],
    }
    warn(panel.notes, stacklevel=3)
    return panel.to_table(columns)


def read_uncensored(
    sales: object,
    stock: object,
    *,
    every: Every | None,
    by: Sequence[str],
    as_of: datetime | date | str | int | None,
) -> UncensoredPanel:
    """Read the canonical tables `sales` and `stock` into a panel of demand.

    The share in stock that `sales` may hold is left out: it would count the same days a second time.
    """
    frame = opened(sales, argument="sales")
    if "in_stock" in frame.collect_schema().names():
        frame = frame.drop("in_stock")
    panel = read_panel(frame.to_native(), every=every, by=by, as_of=as_of)
    sold = panel.demand
    days = read_stock_days(stock, panel, sold)
    season = SEASON_LENGTHS["1d"] if panel.periods.every == "1d" else 1
    estimate = _estimated(np.where(days.is_out, np.nan, sold), days.is_censored, season)
    notes = (*panel.notes, *days.notes, *_notes(days, sold))
    made = replace(panel, demand=estimate.demand, notes=notes)
    return UncensoredPanel(panel=made, sold=sold, days=days, rate=_known_rates(estimate, sold))


def _estimated(sold: Floats, is_censored: Bools, season_length: int) -> Uncensored:
    """Estimate demand block by block, so that memory does not grow with the work."""
    parts = [
        uncensored_demand(sold[first : first + BLOCK], is_censored[first : first + BLOCK], season_length=season_length)
        for first in range(0, len(sold), BLOCK)
    ]
    names = ("demand", "rate", "dispersion")
    return Uncensored(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _known_rates(estimate: Uncensored, sold: Floats) -> Floats:
    """Return the mean demand, NaN for series of which nothing is known."""
    n_known = (~np.isnan(sold)).sum(axis=1, keepdims=True)
    return np.where(n_known > 0, estimate.rate, np.nan)


def _notes(days: StockDays, sold: Floats) -> list[Note]:
    n_censored, n_out = int(days.is_censored.sum()), int(days.is_out.sum())
    notes = []
    if n_censored:
        text = f"{_periods_of(days.is_censored)} sold out: their demand is estimated from the others"
        notes.append(Note(text, code="periods_sold_out", count=n_censored))
    if n_out:
        text = f"{_periods_of(days.is_out)} out of stock: their demand is missing, not zero"
        notes.append(Note(text, code="periods_out_of_stock", count=n_out))
    n_known = (~np.isnan(sold) & ~days.is_out).sum(axis=1)
    n_weak = int((days.is_censored.sum(axis=1) > MAX_CENSORED_SHARE * n_known).sum())
    if n_weak:
        text = (
            f"{counted(n_weak, 'series', 'series')} sold out in more than {percent(MAX_CENSORED_SHARE)} of the "
            "periods: their demand rests on few periods and on the assumed distribution"
        )
        notes.append(Note(text, code="mostly_sold_out", count=n_weak))
    return notes


def _periods_of(which: Bools) -> str:
    """Return how many periods of how many series, in words."""
    n_series = counted(int(which.any(axis=1).sum()), "series", "series")
    return f"{counted(int(which.sum()), 'period')} of {n_series}"
