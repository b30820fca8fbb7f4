"""The table `future`: promotions and prices that are planned for the periods of the horizon."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats
from ..._core.frames import collect
from ..._core.notes import Note
from ..._core.texts import counted, quote_names
from ...schema._for_topics import SchemaError, read
from .._panel.grid import Periods, misplaced_starts, number_starts
from .._panel.series import Panel
from .._panel.stock import positions_in_panel

MAX_BEYOND_SEEN = float(np.log(1.5))
"""How far beyond the changes of prices that were seen, on the logarithm, planned ones are taken as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """Plans as arrays of shape (n_series, horizon), None where the table lacks the column.

    Attributes
    ----------
    promotion : float array or None
        Share of the period with a promotion; 0 where the table has no row.
    price : float array or None
        NaN where the table has no row: the last price stays.
    notes : tuple of Note
    """

    promotion: Floats | None = None
    price: Floats | None = None
    notes: tuple[Note, ...] = ()


def read_future(future: object, panel: Panel, horizon: Periods) -> Future:
    """Read the plan for the series of a panel; rows of other series and periods are left out with a note.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, there is neither a promotion nor a price, or a date begins no period.
    """
    rows = _read_rows(future, panel)
    starts = rows["period_at"].to_numpy()
    starts = starts.astype("datetime64[us]") if panel.periods.is_dated else starts.astype(np.int64)
    misplaced = misplaced_starts(starts, horizon.every, horizon.starts[0])
    if len(misplaced):
        shown = quote_names([str(start)[:10] for start in misplaced[:3]])
        problem = (
            f"`period_at` holds {counted(len(misplaced), 'date')} that begin no period of `sales`, such as {shown}"
        )
        raise SchemaError("future", [problem])
    position = number_starts(starts, horizon.every, horizon.starts[0])
    series = positions_in_panel(rows, panel)
    is_taken = (series >= 0) & (position >= 0) & (position < len(horizon))
    cells = series[is_taken], position[is_taken]
    shape = (panel.n_series, len(horizon))
    promotion = _spread(rows, "promotion", is_taken, cells, shape)
    n_left = int((~is_taken).sum())
    text = f"{counted(n_left, 'row')} of `future` left out: other products, or periods beyond the horizon"
    return Future(
        promotion=None if promotion is None else np.nan_to_num(promotion),
        price=_spread(rows, "price", is_taken, cells, shape),
        notes=(Note(text, code="future_rows_left_out", count=n_left),) if n_left else (),
    )


def _read_rows(future: object, panel: Panel) -> nw.DataFrame[Any]:
    """Read the table with the columns of a canonical `sales`, of which it needs no quantity."""
    keys = tuple(name for name in panel.ids if name in ("product_id", "store_id"))
    others = tuple(name for name in panel.ids if name not in keys)
    dated = panel.periods.is_dated
    frame = read(
        future,
        "sales",
        (*keys, "period_at") if dated else keys,
        optional=("promotion", "price"),
        others=others if dated else (*others, "period_at"),
        argument="future",
    )
    rows = collect(frame)
    if not {"promotion", "price"} & set(rows.columns):
        raise SchemaError("future", ["neither `promotion` nor `price` is there: without a plan, leave `future` out"])
    for name in (*panel.ids, "period_at"):
        if rows[name].null_count():
            raise SchemaError("future", [f"`{name}` is missing in {counted(rows[name].null_count(), 'row')}"])
    return rows


def _spread(
    rows: nw.DataFrame[Any], name: str, is_taken: Any, cells: tuple[Any, Any], shape: tuple[int, int]
) -> Floats | None:
    if name not in rows.columns:
        return None
    values = (
        rows[name].cast(nw.Float64) if rows[name].dtype.is_numeric() else rows[name].cast(nw.Int64).cast(nw.Float64)
    )
    given = np.asarray(values.to_numpy(), dtype=np.float64)
    wrong = given[(given <= 0) | np.isinf(given)] if name == "price" else given[:0]
    if len(wrong):
        problem = (
            f"`price` must be finite and above 0, and {counted(len(wrong), 'value')} are not, such as {wrong[0]:g}"
        )
        raise SchemaError("future", [problem])
    spread = np.full(shape, np.nan)
    spread[cells] = given[is_taken]
    return spread


def within_seen(log_price: Floats, is_priced: Bools, last: Floats, change: Floats) -> tuple[Floats, int]:
    """Return planned changes of the logarithm of prices, cut a little beyond those seen, and how many were cut.

    An elasticity says nothing about a hundredth of the price. Products are as free to move as any of the panel was.

    Parameters
    ----------
    log_price : float array of shape (n_series, n_periods)
    is_priced : bool array of the same shape
    last : float array of shape (n_series, 1)
        Last price of each series, NaN without one.
    change : float array of shape (n_series, horizon)

    Examples
    --------
    >>> within_seen(np.log([[8.0, 10]]), np.array([[True, True]]), np.log([[10.0]]), np.log([[0.001, 1, 0.9]]))[1]
    1
    """
    moved = np.where(is_priced, np.nan_to_num(log_price - last), 0)
    low, high = (float(moved.min()) - MAX_BEYOND_SEEN, float(moved.max()) + MAX_BEYOND_SEEN)
    return np.clip(change, low, high), int(((change < low) | (change > high)).sum())
