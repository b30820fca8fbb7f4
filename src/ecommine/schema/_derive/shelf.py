"""Facts of a period from other tables: the share of days in stock, and the price on the shelf."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import run_starts
from ..._core.codes import factorize
from ..._core.frames import Frame, join, opened, wrap
from ..._core.tables import nan_as_null
from .._convert.plan import ReadOptions, plan_types
from .._model.columns import Column
from .._model.errors import SchemaError
from .periods import Every, number_of, period_number, with_every_period
from .reading import check_same_library, common_type, read
from .sales_lines import flag

_PRICES = (
    Column(name="product_id", kind="id", meaning="Product", required=True),
    Column(name="changed_at", kind="time", meaning="From when on the price holds", required=True),
    Column(name="price", kind="money", meaning="Price of one unit", required=True),
)


def stocked_shares(stock: Any, keys: list[str], every: Every, until: datetime, *, like: Frame) -> Frame:
    """Return the share of the recorded days of each period on which any store had units, as ``in_stock``."""
    days = read(stock, "stock", (*keys, "stocked_at", "on_hand"), argument="stock")
    days = _with_keys_of(days, like, keys, argument="stock")
    days = days.filter(nw.col("stocked_at") <= nw.lit(until), ~nw.col("on_hand").is_null())
    days = days.with_columns(period=period_number("stocked_at", every), day=period_number("stocked_at", "1d"))
    units = days.group_by(*keys, "period", "day").agg(nw.col("on_hand").sum())
    units = units.with_columns(in_stock=flag(nw.col("on_hand") > 0))
    return units.group_by(*keys, "period").agg(nw.col("in_stock").mean())


def shelf_prices(prices: Any, periods: Frame, every: Every, *, like: Frame, first: datetime) -> Frame:
    """Return the price of each product at the start of each period, as ``shelf_price``; null before its first change.

    Parameters
    ----------
    prices : table
        product_id, changed_at, price; a row without one of them tells nothing.
    periods : table
        All periods, as from :func:`calendar`.
    """
    changes = _with_keys_of(_read_prices(prices), like, ["product_id"], argument="prices")
    changes = changes.filter(
        ~nw.col("product_id").is_null(), ~nw.col("changed_at").is_null(), ~nw.col("price").is_null()
    )
    changes = _by_period(changes, periods, number_of(first, every), every)
    grid = with_every_period(changes.select("product_id").unique(), periods.select("period"))
    return _carried_forward(join(grid, changes, on=["product_id", "period"], how="left"))


def _by_period(changes: Frame, periods: Frame, earliest: int, every: Every) -> Frame:
    """Keep for each period the last change that holds at its start; of two at one moment the lower price."""
    number = period_number("changed_at", every)
    changes = changes.with_columns(period=nw.when(number < earliest).then(nw.lit(earliest)).otherwise(number))
    changes = join(changes, periods.select("period", "period_at"), on=["period"], how="inner")
    is_late = flag(nw.col("changed_at") > nw.col("period_at"))
    changes = changes.with_columns(period=nw.col("period") + is_late)
    keys = ["product_id", "period"]
    last = changes.group_by(keys).agg(nw.col("changed_at").max())
    changes = join(changes.drop("period_at"), last, on=[*keys, "changed_at"], how="inner")
    return changes.group_by(keys).agg(nw.col("price").min()).rename({"price": "shelf_price"})


def _carried_forward(grid: Frame) -> Frame:
    """Let each price hold until the next; in memory by hand, since pandas 2 mixes groups in such a window."""
    if not isinstance(grid, nw.DataFrame):
        carried = nw.col("shelf_price").fill_null(strategy="forward").over("product_id", order_by="period")
        return grid.with_columns(carried.alias("shelf_price"))
    grid = grid.sort("product_id", "period")
    price = np.asarray(grid["shelf_price"].to_numpy(), dtype=np.float64)
    counts = ~np.isnan(price) | run_starts(factorize(grid["product_id"])[0])
    latest = np.maximum.accumulate(np.where(counts, np.arange(len(price)), 0))
    column = nw.new_series("shelf_price", price[latest], nw.Float64, backend=grid.implementation)
    return nan_as_null(grid.with_columns(column))


def _read_prices(prices: Any) -> Frame:
    frame = opened(prices, argument="prices")
    names = frame.collect_schema().names()
    problems = [f"`{column.name}` is missing" for column in _PRICES if column.name not in names]
    plan = plan_types(frame, [column for column in _PRICES if column.name in names], ReadOptions())
    problems += [*plan.problems, *(f"`{name}` holds values that must be converted first" for name in plan.conversions)]
    if problems:
        raise SchemaError("prices", problems, "give a table of product_id, changed_at and price")
    return frame.with_columns(**plan.casts).select(*[column.name for column in _PRICES])


def _with_keys_of(table: Frame, like: Frame, keys: list[str], *, argument: str) -> Frame:
    """Give the keys of a table types that they can share with those of the orders."""
    check_same_library(like, table, argument=argument, like="orders")
    types = {name: common_type(like, table, name, argument=argument, like="orders") for name in keys}
    return _cast(table, types)


def _cast(table: Frame, types: Mapping[str, nw.dtypes.DType]) -> Frame:
    present = table.collect_schema()
    casts = {name: nw.col(name).cast(dtype) for name, dtype in types.items() if present[name] != dtype}
    return table.with_columns(**casts) if casts else table


def join_known(panel: Frame, known: Frame, *, on: list[str]) -> Frame:
    """Add to each row of the panel what another table tells of it; keys come to be of one type."""
    types = known.collect_schema()
    panel = _cast(panel, {name: types[name] for name in on})
    if panel.implementation.is_pyarrow():  # joins no text with large text, which are one type to all others
        table, panel_types = known.to_native(), panel.to_native().schema
        for name in on:
            index = table.column_names.index(name)
            table = table.set_column(index, name, table[name].cast(panel_types.field(name).type))
        known = wrap(table)
    return join(panel, known, on=on, how="left")
