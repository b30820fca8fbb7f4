"""The call `classify`: a row per product with the class of its demand, and of its stock."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from .._core.arrays import Floats, Ints
from .._core.checks import number
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.texts import counted
from ..schema._for_topics import Every, warn
from ._panel.series import Panel, read_panel
from ._panel.stock import read_stock
from ._smoothing.classes import LIFECYCLES, PATTERNS, DemandClasses, classify_demand, selling_rate

SLOW_DAYS = 180.0
"""Days that stock may last before it is slow."""
_SAMPLES = {"pattern": "", "lifecycle": "", "stock_class": ""}


@tell_library_errors
def classify(
    sales: object,
    /,
    *,
    every: Every | None = None,
    by: Sequence[str] = ("product_id",),
    stock: object | None = None,
    slow_days: float = SLOW_DAYS,
    as_of: datetime | date | str | int | None = None,
) -> Any:
    """Classify the demand of each product, and its stock: what sells evenly, rarely, no longer, or not at all.

    Parameters
    ----------
    sales : table
        Canonical ``sales``, as `schema.to_sales` makes them.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Length of a period; by default as the dates show it.
    by : sequence of str, default ("product_id",)
        Columns whose values make a series, such as product_id and store_id.
    stock : table, optional
        Canonical ``stock`` with the columns of ``by``: the last record of each series is what is on hand.
    slow_days : float, default 180
        Stock that lasts longer (days) is slow.
    as_of : datetime, date, ISO 8601 text or int, default the last complete period
        Later periods are left out.

    Returns
    -------
    table of the library of ``sales``
        One row per series:

        - the columns of ``by``;
        - pattern: "smooth", "erratic" (sizes vary), "intermittent" (demand is rare) or "lumpy" (both); null without
          any demand. The limits are 1.32 periods per demand and a squared coefficient of variation of .49;
        - lifecycle: "new" (fewer than 6 periods), "ended" (at its own rate a pause as long as the last one has a chance
          below .01, or there was never any demand) or "active";
        - adi: periods per period with demand; cv2: squared coefficient of variation of the demands;
        - n_periods, n_demands: periods in which it could be bought, and those with demand;
        - units_per_day: rate of sale, demand of 90 days ago counting half;
        - with ``stock``: on_hand (units); days_left, the days that it will last at that rate, null where nothing sells;
          and stock_class: "none" on hand, "moving", "slow", or "dead" where demand has ended or, in as many days as
          ``slow_days``, never came.

        A period out of stock is none in which a product could be bought.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or rows are repeated.
    TypeError, ValueError
        If an option cannot be read, `every` is not given and the dates do not show it, or there is no complete period.

    Warns
    -----
    DataWarning
        With notes of what was assumed, and of series that are not in ``stock``.

    References
    ----------
    Syntetos, A. A. and Boylan, J. E. (2005). The accuracy of intermittent demand estimates. International Journal of
    Forecasting 21(2), 303-314. https://doi.org/10.1016/j.ijforecast.2004.10.001

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> days = pd.date_range("2024-01-01", periods=8, freq="D")
    >>> sales = pd.DataFrame({"product_id": ["tea"] * 8 + ["pot"] * 8, "period_at": [*days, *days],
    ...     "quantity": [5, 4, 6, 5, 5, 4, 6, 5, 0, 0, 2, 0, 0, 0, 2, 0]})
    >>> forecasting.classify(sales, every="1d")[["product_id", "pattern", "lifecycle", "adi", "cv2"]]
      product_id       pattern lifecycle  adi   cv2
    0        pot  intermittent    active  4.0  0.00
    1        tea        smooth    active  1.0  0.02
    """
    limit = number("slow_days", slow_days, low=0)
    panel = read_panel(sales, every=every, by=by, as_of=as_of)
    classes = classify_demand(panel.demand)
    rate = selling_rate(panel.demand, panel.periods.days)
    columns: dict[str, Any] = {
        **panel.ids,
        "pattern": _named(classes.pattern, PATTERNS),
        "lifecycle": _named(classes.lifecycle, LIFECYCLES),
        "adi": classes.adi,
        "cv2": classes.cv2,
        "n_periods": classes.n_periods,
        "n_demands": classes.n_demands,
        "units_per_day": rate,
    }
    notes = [*panel.notes, *_notes(classes)]
    if stock is not None:
        held = read_stock(stock, panel)
        columns |= _stock_columns(held.on_hand, classes, rate, _known_days(panel), limit)
        notes += held.notes
    warn(notes, stacklevel=3)
    return panel.to_table(columns, samples=_SAMPLES)


def _named(codes: Ints, names: tuple[str, ...]) -> list[str | None]:
    return [names[code] if code >= 0 else None for code in codes]


def _known_days(panel: Panel) -> Floats:
    """Return on how many days each series could be bought, as far as that is known."""
    return np.asarray((~np.isnan(panel.demand) * panel.periods.days).sum(axis=1))


def _stock_columns(
    on_hand: Floats, classes: DemandClasses, rate: Floats, known_days: Floats, slow_days: float
) -> dict[str, Any]:
    # Stock below 0 is a record that lags behind: there is none, for as many days.
    days_left = np.divide(np.maximum(on_hand, 0), rate, out=np.full(len(rate), np.nan), where=rate > 0)
    has_ended = classes.lifecycle == LIFECYCLES.index("ended")
    is_dead = np.where(classes.n_demands > 0, has_ended, known_days >= slow_days)
    kind = np.where(is_dead, "dead", np.where(days_left > slow_days, "slow", "moving"))
    kind = np.where(on_hand > 0, kind, "none")
    names = [None if np.isnan(units) else str(name) for units, name in zip(on_hand, kind, strict=True)]
    return {"on_hand": on_hand, "days_left": days_left, "stock_class": names}


def _notes(classes: DemandClasses) -> list[Note]:
    n_never = int((classes.n_demands == 0).sum())
    if not n_never:
        return []
    text = f"{counted(n_never, 'series', 'series')} without any demand: pattern, adi and cv2 are null"
    return [Note(text, code="no_demand", count=n_never)]
