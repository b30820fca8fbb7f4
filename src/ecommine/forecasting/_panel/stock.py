"""The table `stock` beside a panel of sales: what is on hand now, and which periods ended with the stock."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, sort_order
from ..._core.codes import factorize, whole_ids
from ..._core.frames import collect
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import SchemaError, common_type, read
from .series import Panel

MAX_AGE_DAYS = 31
"""Age of a record of stock from which on a note tells it."""
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What each series has, by its last record until the first day after the panel.

    Attributes
    ----------
    on_hand, on_order : float arrays of shape (n_series,)
        Units, of all stores of the series together. NaN where the table does not have the series, or the column not
        the value.
    recorded_at : datetime64 array of shape (n_series,)
        Day of the last record, NaT without one.
    notes : tuple of Note
    """

    on_hand: Floats
    on_order: Floats
    recorded_at: Any
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDays:
    """Which periods ended with the stock.

    Attributes
    ----------
    is_out, is_censored : bool arrays of shape (n_series, n_periods)
        Out of stock on all recorded days with nothing sold; all that was there was sold.
    notes : tuple of Note
    """

    is_out: Bools
    is_censored: Bools
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Records:
    """Rows of the table: their series, store and day, and units."""

    series: Ints
    store: Ints
    day: Any
    on_hand: Floats
    on_order: Floats


def read_stock(stock: object, panel: Panel) -> Stock:
    """Return what is on hand and on order for each series of a panel.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type.
    """
    records = _read(stock, panel)
    if panel.periods.is_dated:
        records = _taken(records, records.day <= panel.periods.following(1).starts[0])
    last = _last_of_each(records)
    on_hand, on_order = (np.full(panel.n_series, np.nan) for _ in range(2))
    recorded_at = np.full(panel.n_series, np.datetime64("NaT", "us"), dtype="datetime64[us]")
    has_record = np.bincount(last.series, minlength=panel.n_series) > 0
    on_hand[has_record] = np.bincount(last.series, weights=last.on_hand, minlength=panel.n_series)[has_record]
    on_order[has_record] = np.bincount(last.series, weights=last.on_order, minlength=panel.n_series)[has_record]
    np.fmax.at(recorded_at, last.series, last.day)
    notes = (*_unknown(~has_record), *_old(recorded_at, panel))
    return Stock(on_hand=on_hand, on_order=on_order, recorded_at=recorded_at, notes=notes)


def read_stock_days(stock: object, panel: Panel, sold: Floats) -> StockDays:
    """Return which periods of a panel ended with the stock, on_hand being that at the opening of a day.

    A day ended with the stock where as much was sold as there was. A longer period did where one of its recorded days
    opened with nothing.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type.
    ValueError
        If the periods are numbers, which no day of the stock can be compared with.
    """
    if not panel.periods.is_dated:
        raise ValueError("`stock` needs dates in `period_at`: days of stock are not comparable with numbered periods")
    records = _read(stock, panel)
    starts = panel.periods.starts
    end = panel.periods.following(1).starts[0]
    records = _taken(records, (records.day >= starts[0]) & (records.day < end))
    position = np.searchsorted(starts, records.day, side="right") - 1
    shape = sold.shape
    cell = records.series * shape[1] + position
    n_records = np.bincount(cell, minlength=sold.size).reshape(shape)
    on_hand = np.bincount(cell, weights=records.on_hand, minlength=sold.size).reshape(shape)
    n_empty = np.bincount(cell, weights=records.on_hand <= 0, minlength=sold.size).reshape(shape)
    is_out = (n_records > 0) & (n_empty == n_records) & ~(sold > 0)
    ran_out = sold >= on_hand if panel.periods.every == "1d" else n_empty > 0
    is_unknown = n_records.sum(axis=1) == 0
    return StockDays(
        is_out=is_out, is_censored=(n_records > 0) & ran_out & (sold > 0) & ~is_out, notes=_unknown(is_unknown)
    )


def _read(stock: object, panel: Panel) -> _Records:
    """Read the rows of the panel's series."""
    names = tuple(panel.ids)
    others = tuple(name for name in names if name not in ("product_id", "store_id"))
    frame = read(
        stock,
        "stock",
        (*(name for name in names if name not in others), "stocked_at", "on_hand"),
        optional=("on_order", "store_id"),
        others=others,
        argument="stock",
    )
    for name in names:
        if name not in others:
            common_type(panel.like, frame, name, argument="stock", like="sales")
    rows = collect(frame)
    for name in (*names, "stocked_at", "on_hand"):
        if rows[name].null_count():
            problem = f"`{name}` is missing in {counted(rows[name].null_count(), 'row')}"
            raise SchemaError("stock", [problem], 'split them off with schema.quarantine("stock", raw)')
    store = factorize(rows["store_id"])[0] if "store_id" in rows.columns else np.zeros(len(rows), dtype=np.int64)
    records = _Records(
        series=positions_in_panel(rows, panel),
        store=np.asarray(store),
        day=rows["stocked_at"].to_numpy().astype("datetime64[us]"),
        on_hand=_floats(rows["on_hand"]),
        on_order=np.asarray(rows["on_order"].cast(nw.Float64).to_numpy(), dtype=np.float64)
        if "on_order" in rows.columns
        else np.zeros(len(rows)),
    )
    return _taken(records, records.series >= 0)


def positions_in_panel(rows: nw.DataFrame[Any], panel: Panel) -> Ints:
    """Return the position of each row's series in the panel, -1 for none."""
    known, codes = [], []
    for name, labels in panel.ids.items():
        code, distinct = factorize(rows[name])
        index = pd.Index(np.unique(labels)) if len(panel.ids) > 1 else pd.Index(labels)
        position = index.get_indexer(pd.Index(whole_ids(distinct)))
        codes.append(np.where(code >= 0, np.append(position, -1)[code], -1))
        known.append(index.get_indexer(pd.Index(labels)))
    if len(codes) == 1:
        return np.asarray(codes[0])
    series = pd.MultiIndex.from_arrays(known).get_indexer(pd.MultiIndex.from_arrays(codes))
    return np.asarray(series)


def _floats(values: nw.Series[Any]) -> Floats:
    """Return numbers as floats, 0 where missing."""
    return np.nan_to_num(np.asarray(values.cast(nw.Float64).to_numpy(), dtype=np.float64))


def _taken(records: _Records, is_taken: Bools) -> _Records:
    return _Records(
        records.series[is_taken],
        records.store[is_taken],
        records.day[is_taken],
        records.on_hand[is_taken],
        records.on_order[is_taken],
    )


def _last_of_each(records: _Records) -> _Records:
    """Return the last record of each store of each series; of several on one day the last in the table."""
    order = sort_order(records.series, records.store, records.day.astype(np.int64))
    series, store = records.series[order], records.store[order]
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = (series[1:] != series[:-1]) | (store[1:] != store[:-1])
    return _taken(records, np.isin(np.arange(len(order)), order[is_last]))


def _unknown(is_unknown: Bools) -> tuple[Note, ...]:
    """Note the series that have no record."""
    count = int(is_unknown.sum())
    if not count:
        return ()
    text = f"{counted(count, 'series', 'series')} of `sales` without a record in `stock`: their stock is not known"
    return (Note(text, code="stock_unknown", count=count),)


def _old(recorded_at: Any, panel: Panel) -> tuple[Note, ...]:
    """Note the series whose last record is long before the first day of the horizon."""
    if not panel.periods.is_dated:
        return ()
    age = (panel.periods.following(1).starts[0] - recorded_at) / _DAY
    count = int((age > MAX_AGE_DAYS).sum())
    if not count:
        return ()
    text = (
        f"{counted(count, 'series', 'series')} with a last record in `stock` more than {MAX_AGE_DAYS} days before the "
        f"forecast, the oldest by {counted(int(np.nanmax(age)), 'day')}: what is there now may differ"
    )
    return (Note(text, code="stock_old", count=count),)
