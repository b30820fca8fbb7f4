"""What is in each cart: units and money of each product, when it was left, at the end, and after the purchase."""

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times, run_numbers, run_starts
from .boundaries import CartBoundaries
from .events import ADD, NO_PRODUCT, NONE, REMOVE, CartEvents

MIN_UNITS = 1e-9
"""Fewer units are none: parts of units do not add up to the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartContents:
    """Products of carts, sorted by cart and product; a line is a product of a cart, arrays of shape (n_lines,).

    Attributes
    ----------
    n_carts : int
    cart, product : int arrays
        Position of the cart, code of the product.
    units_left, units, units_after : float arrays
        Units at the end of the first session, at the end (before a purchase), and after it.
    price : float array
        Mean price at which the units were put in, NaN where unknown.
    added_at : int64 array
        When the product was put in first (microseconds).
    """

    n_carts: int
    cart: Ints
    product: Ints
    units_left: Floats
    units: Floats
    units_after: Floats
    price: Floats
    added_at: Times

    def fill_prices(self, price: Floats) -> "CartContents":
        """Return the contents with ``price`` where the price is not known."""
        return replace(self, price=np.where(np.isnan(self.price), price, self.price))

    def value(self, units: Floats) -> Floats:
        """Compute the known money in each cart: NaN where something is in it, and no price of it is known."""
        is_priced = (units > MIN_UNITS) & ~np.isnan(self.price)
        money = np.bincount(self.cart[is_priced], (units * self.price)[is_priced], minlength=self.n_carts)
        return np.where((self._count_priced(units) == 0) & (self.count_products(units) > 0), np.nan, money)

    def has_partial_value(self, units: Floats) -> Bools:
        """Return which carts have a known value that lacks the money of a product whose price is unknown."""
        n_priced = self._count_priced(units)
        return np.asarray((n_priced > 0) & (n_priced < self.count_products(units)))

    def _count_priced(self, units: Floats) -> Ints:
        return self.count_products(np.where(np.isnan(self.price), 0.0, units))

    def count_products(self, units: Floats) -> Ints:
        """Count the products in each cart."""
        return np.bincount(self.cart[units > MIN_UNITS], minlength=self.n_carts)

    def total_units(self, units: Floats) -> Floats:
        """Compute the units in each cart."""
        total = np.bincount(self.cart, np.where(units > MIN_UNITS, units, 0.0), minlength=self.n_carts)
        return total.astype(np.float64)  # without lines they would be whole numbers

    def any_line(self, holds: Bools, known: Bools, units: Floats) -> tuple[Bools, Bools]:
        """Return which carts have a product in them of which something holds, and where that is known of any."""
        is_known = (units > MIN_UNITS) & known
        cart, n = self.cart[is_known], self.n_carts
        return np.bincount(cart, holds[is_known], minlength=n) > 0, np.bincount(cart, minlength=n) > 0


def read_contents(events: CartEvents, carts: CartBoundaries) -> CartContents:
    """Add up what is put in and taken out."""
    changes = np.flatnonzero((carts.cart != NONE) & ((events.kind == ADD) | (events.kind == REMOVE)))
    scale = int(events.product.max(initial=NO_PRODUCT)) + 2
    key = carts.cart[changes] * scale + events.product[changes] + 1
    order = np.argsort(key, kind="stable")
    changes, key = changes[order], key[order]
    first, line = np.flatnonzero(run_starts(key)), run_numbers(key)
    cart, n = carts.cart[changes[first]], len(first)
    quantity, is_known = events.units[changes], events.has_units[changes]
    is_add = events.kind[changes] == ADD
    units = _running_units(line, np.where(is_add, quantity, -quantity), ~is_add & ~is_known)
    last = np.append(first[1:], len(changes))[:n] - 1
    in_first = np.bincount(line, carts.is_first_session[changes], minlength=n).astype(np.int64)
    units_left = np.where(in_first > 0, units[first + np.maximum(in_first, 1) - 1], 0.0)
    return CartContents(
        n_carts=len(carts),
        cart=cart,
        product=events.product[changes[first]],
        units_left=units_left,
        units=units[last],
        units_after=_units_after_purchase(events, carts, key[first], cart, units[last], scale),
        price=_mean_price(line, quantity, np.where(is_add, events.value[changes], np.nan), n),
        added_at=_first_added(events.time[changes], is_add, line, n),
    )


def _running_units(line: Ints, change: Floats, is_emptied: Bools) -> Floats:
    """Add up the changes of each line: never below zero, and from zero again where it is emptied.

    The sum without a floor, less its lowest value below zero so far, is the sum with one (Lindley's recursion).
    """
    part = np.cumsum(run_starts(line) | is_emptied) - 1
    change = np.where(is_emptied, 0.0, change)
    units = _sum_within(part, change)
    below = np.flatnonzero(np.isin(part, part[units < 0]))
    if len(below):
        span = float(units[below].max() - units[below].min()) + 1
        offset = span * np.cumsum(run_starts(part[below]))
        lowest = np.minimum.accumulate(units[below] - offset) + offset
        units[below] -= np.minimum(lowest, 0.0)
    return units


def _sum_within(part: Ints, change: Floats) -> Floats:
    """Return the running sum, which begins anew in each part."""
    total = np.cumsum(change)
    first = np.flatnonzero(run_starts(part))
    return np.asarray(total - (total[first] - change[first])[part])


def _mean_price(line: Ints, quantity: Floats, value: Floats, n: int) -> Floats:
    is_known = ~np.isnan(value)
    money = np.bincount(line[is_known], value[is_known], minlength=n)
    units = np.bincount(line[is_known], quantity[is_known], minlength=n)
    price: Floats = np.divide(money, units, out=np.full(n, np.nan), where=units > 0)
    return price


def _first_added(time: Times, is_add: Bools, line: Ints, n: int) -> Times:
    """Return when each line was put in first; for one that is only taken out, which holds nothing, when that was."""
    first = np.zeros(n, dtype=np.int64)
    for rows in (np.arange(len(line)), np.flatnonzero(is_add)):
        first[line[rows[::-1]]] = time[rows[::-1]]  # of several the earliest is written last
    return first


def _units_after_purchase(
    events: CartEvents, carts: CartBoundaries, keys: Ints, cart: Ints, units: Floats, scale: int
) -> Floats:
    """Take what was bought out of the carts: all where the purchase names no product."""
    purchases = np.flatnonzero((carts.cart != NONE) & events.is_purchase)
    n, cart_of = len(keys), carts.cart[purchases]
    is_whole_cart = np.zeros(len(carts), dtype=bool)
    is_whole_cart[cart_of[events.product[purchases] == NO_PRODUCT]] = True
    by_product = carts.is_by_product[purchases]
    quantity, is_known = events.units[purchases], events.has_units[purchases]
    key = cart_of * scale + np.where(by_product, events.product[purchases], NO_PRODUCT) + 1
    line = np.searchsorted(keys, key)
    is_line = line < n
    is_line[is_line] = keys[line[is_line]] == key[is_line]
    is_counted = is_line & by_product & is_known
    is_whole_line = np.zeros(n, dtype=bool)
    is_whole_line[line[is_line & ~is_counted]] = True
    bought = np.bincount(line[is_counted], quantity[is_counted], minlength=n)
    return np.where(is_whole_line | is_whole_cart[cart], 0.0, np.maximum(units - bought, 0.0))
