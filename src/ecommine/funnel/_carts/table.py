"""The table of carts: names, what is known of each, and the products that are left in it."""

from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints, Times, run_bounds, run_numbers
from ..._core.codes import Labels
from .contents import MIN_UNITS, CartContents
from .events import NONE, CartEvents, CartIds
from .lifecycle import STATUSES, STEPS
from .rates import HOUR
from .read import CartData
from .reasons import FLAGS, first_reasons


def samples_of(ids: CartIds) -> dict[str, Any]:
    """Return a value of each column that may have none and is not text, for its type."""
    visitor, customer, product = (
        0 if labels.dtype.kind in "iu" else "" for labels in (ids.visitors, ids.customers, ids.products)
    )
    return {"visitor_id": visitor, "customer_id": customer, "products": [product], **dict.fromkeys(FLAGS, True)}


def cart_columns(data: CartData) -> dict[str, Any]:
    """Return the columns of the table of carts but for those of what is expected, in the order of the events."""
    lifecycle, contents = data.lifecycle, data.contents
    hours_to_recover = (lifecycle.bought_at - lifecycle.left_at) / HOUR
    return {
        **_name_columns(data.events.take(data.carts.opening), data.ids),
        "opened_at": _as_times(lifecycle.opened_at),
        "last_touched_at": _as_times(lifecycle.touched_at),
        "abandoned_at": _as_times(lifecycle.left_at),
        "bought_at": _as_times(lifecycle.bought_at),
        "status": np.array(STATUSES, dtype=object)[lifecycle.status],
        "checkout_step": np.array(STEPS, dtype=object)[lifecycle.step],
        "reason": first_reasons(data.reasons, len(data.carts)),
        **{name: _with_blanks(flag == 1, np.isnan(flag)) for name, flag in data.flags.items()},
        "items": contents.count_products(contents.units),
        "units": contents.total_units(contents.units),
        "value": contents.value(contents.units),
        "items_left": contents.count_products(contents.units_after),
        "value_left": contents.value(contents.units_after),
        "hours_to_recover": np.where(lifecycle.has_status("recovered"), hours_to_recover, np.nan),
    }


def _name_columns(openings: CartEvents, ids: CartIds) -> dict[str, Any]:
    """Return an id of each cart, the visitor that opened it, and the customer if known."""
    person, n_customers = openings.person, len(ids.customers)
    columns = {"cart_id": _cart_ids(person, ids), "visitor_id": ids.visitors[openings.visitor]}
    if n_customers:
        is_visitor = person >= n_customers
        labels = ids.customers[np.where(is_visitor, 0, person)]
        columns["customer_id"] = _with_blanks(labels, is_visitor) if is_visitor.any() else labels
    return columns


def _with_blanks(values: Labels, is_missing: Bools) -> Labels:
    values = values.astype(object)
    values[is_missing] = None
    return values


def _cart_ids(person: Ints, ids: CartIds) -> Labels:
    """Name each cart by its person and its number among the carts of the person."""
    number = np.arange(len(person)) - run_bounds(person)[run_numbers(person)] + 1
    n_customers = len(ids.customers)
    names = [
        f"c{ids.customers[code]}-{i}" if code < n_customers else f"v{ids.visitors[code - n_customers]}-{i}"
        for code, i in zip(person.tolist(), number.tolist(), strict=True)
    ]
    return np.array(names, dtype=object)


def _as_times(times: Times) -> Any:
    return times.astype("datetime64[us]")


def list_products(contents: CartContents, rows: Ints, ids: CartIds) -> list[list[Any]]:
    """Return the ids of the products that are left in some carts."""
    is_listed = (contents.units_after > MIN_UNITS) & (contents.product != NONE)
    cart, products = contents.cart[is_listed], ids.products[contents.product[is_listed]]
    ends = (np.searchsorted(cart, rows, side=side).tolist() for side in ("left", "right"))
    return [products[start:end].tolist() for start, end in zip(*ends, strict=True)]
