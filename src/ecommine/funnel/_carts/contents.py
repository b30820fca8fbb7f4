"""What is in each cart: units and money of each product, when it was left, at the end, and after the purchase."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, Times, run_bounds, run_numbers, run_starts, sort_order
from ..._stats.arrays import divide, sums_by_group
from ...schema._for_topics import Clock
from .boundaries import CartBoundaries
from .events import ADD, NONE, REMOVE, CartEvents
from .side_tables import Records

MIN_UNITS = 1e-9
"""Fewer units are none: parts of units do not add up to the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartContents:
    """Products of carts, sorted by cart and product; a line is a product of a cart, arrays of shape (n_lines,)."""

    n_carts: int
    cart: Ints
    product: Ints
    units_left: Floats  # units at the end of the first session
    units: Floats  # units at the end, before a purchase
    units_after: Floats  # units after the purchase
    price: Floats  # mean price at which the units were put in, NaN where unknown
    added_at: Times  # when the product was put in first (microseconds)

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
        return sums_by_group(self.cart, np.where(units > MIN_UNITS, units, 0.0), self.n_carts)

    def any_line(self, holds: Bools, known: Bools, units: Floats) -> Floats:
        """Return 1 for carts with a product in them of which something holds, 0 without, NaN where of none is known."""
        is_known = (units > MIN_UNITS) & known
        n_known = np.bincount(self.cart[is_known], minlength=self.n_carts)
        n_holding = np.bincount(self.cart[is_known & holds], minlength=self.n_carts)
        return np.where(n_known > 0, np.minimum(n_holding, 1.0), np.nan)


def read_contents(events: CartEvents, carts: CartBoundaries, prices: Records | None, clock: Clock) -> CartContents:
    """Add up what is put in and taken out; ``prices`` are those of products without a value in the events."""
    changes = np.flatnonzero((carts.cart != NONE) & ((events.name == ADD) | (events.name == REMOVE)))
    key = events.key_of(carts.cart[changes], events.product[changes])
    is_put_in = pd.Index(key).isin(key[events.name[changes] == ADD])  # what is only taken out was not in the cart
    changes, key = changes[is_put_in], key[is_put_in]
    order = sort_order(key)
    changes, key = changes[order], key[order]
    bounds, line = run_bounds(key), run_numbers(key)
    first, n = bounds[:-1], len(bounds) - 1
    cart, product = carts.cart[changes[first]], events.product[changes[first]]
    is_add, quantity = events.name[changes] == ADD, events.units[changes]
    is_emptied = ~is_add & ~events.has_units[changes]
    units = _running_units(line, np.where(is_add, quantity, -quantity), is_emptied)
    units_at_end = units[bounds[1:] - 1]
    in_first = sums_by_group(line, carts.in_first_session(changes), n).astype(np.int64)
    added_at = events.time[changes[is_add]][run_starts(line[is_add])]
    value, is_priced = events.value[changes], is_add & ~np.isnan(events.value[changes])
    price = divide(*(sums_by_group(line[is_priced], amount[is_priced], n) for amount in (value, quantity)))
    if prices is not None:
        price = np.where(np.isnan(price), prices.latest(product, clock.to_shop(added_at)), price)
    return CartContents(
        n_carts=len(carts),
        cart=cart,
        product=product,
        units_left=np.where(in_first > 0, units[first + np.maximum(in_first, 1) - 1], 0.0),
        units=units_at_end,
        units_after=_units_after_purchase(events, carts, cart, key[first], units_at_end),
        price=price,
        added_at=added_at,
    )


def _running_units(line: Ints, change: Floats, is_emptied: Bools) -> Floats:
    """Add up the changes of each line: never below zero, and from zero again where it is emptied.

    The sum without a floor, less its lowest value below zero so far, is the sum with one (Lindley's recursion).
    """
    part = np.cumsum(run_starts(line) | is_emptied) - 1
    change = np.where(is_emptied, 0.0, change)
    total, first = np.cumsum(change), np.flatnonzero(run_starts(part))
    units: Floats = total - (total[first] - change[first])[part]
    below = np.flatnonzero(np.isin(part, part[units < 0]))
    if len(below):
        span = float(units[below].max() - units[below].min()) + 1
        offset = span * np.cumsum(run_starts(part[below]))
        lowest = np.minimum.accumulate(units[below] - offset) + offset
        units[below] -= np.minimum(lowest, 0.0)
    return units


def _units_after_purchase(
    events: CartEvents, carts: CartBoundaries, line_cart: Ints, line_key: Ints, units: Floats
) -> Floats:
    """Take what was bought out of the carts: all where the purchase names no product.

    A product that was not put into the cart by its name may be the one that was put in without a name.
    """
    purchases = np.flatnonzero((carts.cart != NONE) & events.is_purchase)
    cart, product, lines = carts.cart[purchases], events.product[purchases], pd.Index(line_key)
    own_line = lines.get_indexer(pd.Index(events.key_of(cart, product)))
    unnamed_line = lines.get_indexer(pd.Index(events.key_of(cart, NONE)))
    line = np.where(own_line != NONE, own_line, unnamed_line)
    is_counted = (own_line != NONE) & events.has_units[purchases]
    bought = sums_by_group(line[is_counted], events.units[purchases[is_counted]], len(units))
    is_all_bought = carts.is_closed & (events.product[carts.closing] == NONE)
    is_gone = is_all_bought[line_cart]
    is_gone[line[~is_counted & (line != NONE)]] = True
    return np.where(is_gone, 0.0, np.maximum(units - bought, 0.0))
