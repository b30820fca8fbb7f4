"""Why a cart may have been left, where the tables can tell: price, stock, step of the checkout."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ...schema._for_topics import EVENT_NAMES, read
from .._curves import Floats
from .._log.log import run_starts
from .._log.reading import factorize_sorted, load_rows
from .._match.sort import Ints
from .._micro import DAY, Times, column_to_microseconds
from .contents import LEAST, Contents
from .events import ADD, OTHER, Flags, Ids, Trail
from .left_out import lacking, without
from .nearest import latest, places
from .orders import check_like, code_of

STEPS = ("add_to_cart", "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info")
"""How far a cart can get, by GA4's names."""
CHECKOUT = {2: "checkout_started", 3: "checkout_shipping", 4: "checkout_payment"}
FLAGS = ("out_of_stock", "price_rise")
REASONS = (*FLAGS, "checkout_payment", "checkout_shipping", "checkout_started")
"""The reason of a cart is the first of these that holds."""
RISE = 1 + 1e-9
"""Prices that are nearer than this are the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """Something known of a product from a moment on, sorted by product and time."""

    product: Ints
    time: Times
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flag:
    """Whether something holds of each cart, and where that is known."""

    holds: Flags
    known: Flags

    def column(self) -> "np.ndarray[Any, Any]":
        """Write true, false, or None where it is not known."""
        column = self.holds.astype(object)
        column[~self.known] = None
        return column


def _read(
    native: object, table: str, columns: tuple[str, str, str], events: object, ids: Ids
) -> tuple[Records, list[str]]:
    frame = read(native, table, columns, argument=table)
    check_like(events, frame, ("product_id",), table)
    known, notes = without(frame, f"{table} row", lacking(*columns))
    rows = load_rows(known)
    code, labels = factorize_sorted(rows["product_id"])
    product = np.append(code_of(labels, ids.products), -1)[code]
    time = column_to_microseconds(rows[columns[1]])
    value = rows[columns[2]].cast(nw.Float64).to_numpy().astype(np.float64)
    ours = product >= 0
    return Records(product=product[ours], time=time[ours], value=value[ours]), notes


def _combined(found: Records, how: Any) -> Records:
    """Make one record of those of several stores."""
    order = np.lexsort((found.value, found.time, found.product))
    product, time, value = found.product[order], found.time[order], found.value[order]
    begins = np.flatnonzero(run_starts(product, time))
    if not len(begins):
        return found
    sizes = np.diff(np.append(begins, len(order)))
    return Records(product=product[begins], time=time[begins], value=how(np.add.reduceat(value, begins), sizes))


def read_prices(sales: object, events: object, ids: Ids) -> tuple[Records, list[str]]:
    """Read the price of each product in each period, the mean of its stores; tell what is left out."""
    found, notes = _read(sales, "sales", ("product_id", "period_at", "price"), events, ids)
    return _combined(found, lambda total, sizes: total / sizes), notes


def read_stock(stock: object, events: object, ids: Ids) -> tuple[Records, list[str]]:
    """Read the units of each product on each day, of all stores; tell what is left out."""
    found, notes = _read(stock, "stock", ("product_id", "stocked_at", "on_hand"), events, ids)
    days = Records(product=found.product, time=found.time // DAY, value=found.value)
    return _combined(days, lambda total, _: total), notes


def price_at(prices: Records, product: Ints, time: Times) -> Floats:
    """Find the price of the latest period that begins at or before a moment."""
    return np.append(prices.value, np.nan)[latest(prices.product, prices.time, product, time)]


def seen_prices(trail: Trail, product_of: Ints) -> Records:
    """Collect the prices of one unit that each person saw; ``product_of`` numbers person and product together."""
    shown = (trail.kind == ADD) | ((trail.kind == OTHER) & (trail.rank == EVENT_NAMES.index("view_item")))
    rows = np.flatnonzero(shown & ~np.isnan(trail.value) & (trail.product >= 0))
    rows = rows[np.argsort(product_of[rows], kind="stable")]
    units = np.where(trail.quantity[rows] > 0, trail.quantity[rows], 1.0)
    return Records(product=product_of[rows], time=trail.time[rows], value=trail.value[rows] / units)


def price_rise(lines: Contents, key: Ints, prices: Records, left: Times, n: int) -> Flag:
    """Tell which carts were left with a product that costs more than when it was put in."""
    before, after = price_at(prices, key, lines.added), price_at(prices, key, left[lines.cart])
    known = ~(np.isnan(before) | np.isnan(after))
    return _any(lines, (before > 0) & (after > before * RISE), known, lines.abandoned, n)


def out_of_stock(lines: Contents, stock: Records, since: Ints, until: Ints, units: Floats, n: int) -> Flag:
    """Tell which carts held a product that was sold out on a day from ``since`` to ``until`` (days, a line each)."""

    def recorded(product: Ints, day: Ints) -> Ints:
        before, after = (places(product, day, lines.product, end) for end in (since - 1, until))
        return after - before

    out = stock.value <= 0
    sold_out = recorded(stock.product[out], stock.time[out]) > 0
    return _any(lines, sold_out, recorded(stock.product, stock.time) > 0, units, n)


def unknown(n: int) -> Flag:
    """Know nothing of any cart."""
    return Flag(holds=np.zeros(n, dtype=bool), known=np.zeros(n, dtype=bool))


def _any(lines: Contents, holds: Flags, known: Flags, units: Floats, n: int) -> Flag:
    there = (units > LEAST) & known
    count = np.bincount(lines.cart[there], minlength=n)
    return Flag(holds=np.bincount(lines.cart[there], holds[there], minlength=n) > 0, known=count > 0)


def reasons(step: Ints, flags: dict[str, Flag], left: Flags) -> "np.ndarray[Any, Any]":
    """Name the reason of each cart that was left: the first that holds, None where none does."""
    found = np.full(len(step), None, dtype=object)
    for place in sorted(CHECKOUT):
        found[left & (step == place)] = CHECKOUT[place]
    for name in reversed(FLAGS):
        found[left & flags[name].holds & flags[name].known] = name
    return found
