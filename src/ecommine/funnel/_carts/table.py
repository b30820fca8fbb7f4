"""The table of carts: names, what is known of each, and the products that are left in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times, run_starts
from ..._core.codes import Labels
from .boundaries import CartBoundaries
from .contents import MIN_UNITS, CartContents
from .events import NONE, CartEvents, CartIds
from .lifecycle import STATUSES, STEPS, CartLifecycle
from .rates import HOUR
from .read import CartData

BLANKS: Mapping[str, Any] = {
    "cart_id": "",
    "status": "",
    "checkout_step": "",
    "reason": "",
    "out_of_stock": True,
    "price_rise": True,
    "out_of_stock_later": True,
}
"""A value of each column that may have none, for its type."""


def blanks_of(ids: CartIds) -> dict[str, Any]:
    """Return a value of each column that may have none, those of ids included, for its type."""
    labels = {"visitor_id": ids.visitors, "customer_id": ids.customers, "products": ids.products}
    samples = {name: 0 if known.dtype.kind in "iu" else "" for name, known in labels.items()}
    return {**BLANKS, **samples, "products": [samples["products"]]}


def cart_columns(data: CartData) -> dict[str, Any]:
    """Return the columns of the table of carts but for those of what is expected, in the order of the events."""
    lifecycle, contents = data.lifecycle, data.contents
    return {
        **_name_columns(data.events, data.carts, data.ids),
        "opened_at": _as_times(lifecycle.opened_at),
        "last_touched_at": _as_times(lifecycle.touched_at),
        "abandoned_at": _as_times(lifecycle.left_at),
        "bought_at": _as_times(lifecycle.bought_at),
        "status": np.array(STATUSES, dtype=object)[lifecycle.status],
        "checkout_step": np.array(STEPS, dtype=object)[lifecycle.step],
        "reason": data.reason,
        **{name: _with_blanks(flag == 1, np.isnan(flag)) for name, flag in data.flags.items()},
        "items": contents.count_products(contents.units),
        "units": contents.total_units(contents.units),
        "value": contents.value(contents.units),
        "items_left": contents.count_products(contents.units_after),
        "value_left": contents.value(contents.units_after),
        "hours_to_recover": _hours_to_recover(lifecycle),
    }


def _name_columns(events: CartEvents, carts: CartBoundaries, ids: CartIds) -> dict[str, Any]:
    """Return an id of each cart, the visitor that opened it, and the customer if known.

    The id is the person and the number of the cart: it stays while only later events are added. With older events, or
    when a visitor turns out to be a customer, the same cart may get another one.
    """
    person = events.person[carts.opening]
    columns: dict[str, Any] = {
        "cart_id": _cart_ids(person, ids),
        "visitor_id": ids.visitors[events.visitor[carts.opening]],
    }
    if len(ids.customers):
        is_visitor = person >= len(ids.customers)
        labels = ids.customers[np.where(is_visitor, 0, person)]
        columns["customer_id"] = _with_blanks(labels, is_visitor) if is_visitor.any() else labels
    return columns


def _with_blanks(values: Labels, is_missing: Bools) -> Labels:
    values = values.astype(object)
    values[is_missing] = None
    return values


def _cart_ids(person: Ints, ids: CartIds) -> Labels:
    position = np.arange(len(person))
    number = position - np.maximum.accumulate(np.where(run_starts(person), position, 0)) + 1
    n_customers = len(ids.customers)
    names = [
        f"c{ids.customers[code]}-{i}" if code < n_customers else f"v{ids.visitors[code - n_customers]}-{i}"
        for code, i in zip(person.tolist(), number.tolist(), strict=True)
    ]
    return np.array(names, dtype=object)


def _hours_to_recover(lifecycle: CartLifecycle) -> Floats:
    is_known = lifecycle.has_status("recovered") & lifecycle.was_left
    return np.where(is_known, np.where(is_known, lifecycle.bought_at - lifecycle.left_at, 0) / HOUR, np.nan)


def _as_times(times: Times) -> Any:
    return times.astype("datetime64[us]")


def list_products(contents: CartContents, rows: Ints, ids: CartIds) -> list[list[Any]]:
    """Return the ids of the products that are left in some carts."""
    if not len(rows):
        return []
    row_of_cart = np.full(contents.n_carts, NONE)
    row_of_cart[rows] = np.arange(len(rows))
    row = row_of_cart[contents.cart]
    is_listed = (contents.units_after > MIN_UNITS) & (contents.product != NONE) & (row != NONE)
    row, product = row[is_listed], contents.product[is_listed]
    names = ids.products[product[np.lexsort((product, row))]].tolist()
    ends = np.cumsum(np.bincount(row, minlength=len(rows))).tolist()
    return [names[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
