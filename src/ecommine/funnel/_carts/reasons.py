"""Why a cart may have been left, where the tables can tell: price, stock, step of the checkout."""

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times
from ..._core.codes import Labels
from ..._core.moments import DAY
from ...schema._for_topics import EVENT_NAMES
from .boundaries import CartBoundaries
from .contents import CartContents
from .events import ADD, NO_PRODUCT, NONE, OTHER_EVENT, CartEvents
from .lifecycle import STEPS, CartLifecycle
from .side_tables import Records

CHECKOUT_REASONS = {
    "add_payment_info": "checkout_payment",
    "add_shipping_info": "checkout_shipping",
    "begin_checkout": "checkout_started",
}
FLAG_REASONS = ("out_of_stock", "price_rise")
REASONS = (*FLAG_REASONS, *CHECKOUT_REASONS.values())
"""The reason of a cart is the first of these that holds."""
MIN_PRICE_RATIO = 1 + 1e-9
"""Prices that are nearer than this are the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartFlag:
    """Whether something holds of each cart, and where that is known; arrays of shape (n_carts,)."""

    holds: Bools
    known: Bools

    @property
    def is_true(self) -> Bools:
        """Whether it is known to hold."""
        return self.holds & self.known

    def column(self) -> Labels:
        """Return true, false, or None where it is not known."""
        column = self.holds.astype(object)
        column[~self.known] = None
        return column


def find_flags(
    events: CartEvents,
    carts: CartBoundaries,
    contents: CartContents,
    lifecycle: CartLifecycle,
    until: int,
    prices: Records | None,
    stock: Records | None,
) -> dict[str, CartFlag]:
    """Look up prices and stock of what was in the carts that were left."""
    unknown = CartFlag(holds=np.zeros(len(carts), dtype=bool), known=np.zeros(len(carts), dtype=bool))
    flags = dict.fromkeys((*FLAG_REASONS, "out_of_stock_later"), unknown)
    left_at = carts.left_at[contents.cart]
    if prices is not None:
        flags["price_rise"] = _price_rise(contents, contents.product, prices, left_at)
    elif (events.quantity > 0).any():
        flags["price_rise"] = _price_rise_in_events(events, carts, contents, left_at)
    if stock is not None:
        left_on = left_at // DAY
        end = np.where(carts.is_closed, lifecycle.bought_at, np.minimum(carts.deadline, until))[contents.cart]
        later_until = np.maximum(end // DAY, left_on)
        flags["out_of_stock"] = _out_of_stock(contents, stock, contents.added_at // DAY, left_on, contents.units_left)
        flags["out_of_stock_later"] = _out_of_stock(contents, stock, left_on + 1, later_until, contents.units)
    return {name: replace(flag, known=flag.known & lifecycle.was_left) for name, flag in flags.items()}


def _price_rise(contents: CartContents, key: Ints, prices: Records, left_at: Times) -> CartFlag:
    """Return which carts were left with a product that costs more than when it was put in."""
    before, after = prices.latest(key, contents.added_at), prices.latest(key, left_at)
    is_known = ~(np.isnan(before) | np.isnan(after))
    is_risen = (before > 0) & (after > before * MIN_PRICE_RATIO)
    holds, known = contents.any_line(is_risen, is_known, contents.units_left)
    return CartFlag(holds=holds, known=known)


def _price_rise_in_events(
    events: CartEvents, carts: CartBoundaries, contents: CartContents, left_at: Times
) -> CartFlag:
    """Compare the prices that the person was shown, where units are known."""
    scale = int(events.product.max()) + 2
    person = events.person[carts.opening][contents.cart]
    prices = _shown_prices(events, events.person * scale + events.product + 1)
    key: Ints = np.where(contents.product >= 0, person * scale + contents.product + 1, NONE)
    return _price_rise(contents, key, prices, left_at)


def _shown_prices(events: CartEvents, key: Ints) -> Records:
    """Collect the prices of one unit that each person was shown; ``key`` numbers person and product together."""
    is_view = (events.kind == OTHER_EVENT) & (events.name_rank == EVENT_NAMES.index("view_item"))
    is_shown = is_view | (events.kind == ADD)
    rows = np.flatnonzero(is_shown & ~np.isnan(events.value) & (events.product != NO_PRODUCT))
    rows = rows[np.argsort(key[rows], kind="stable")]
    price: Floats = events.value[rows] / events.units[rows]
    return Records(product=key[rows], time=events.time[rows], value=price)


def _out_of_stock(contents: CartContents, stock: Records, since: Times, until: Times, units: Floats) -> CartFlag:
    """Return which carts held a product that was sold out on a day from ``since`` to ``until``, days of each line."""
    is_sold_out = stock.count_between(contents.product, since, until, where=stock.value <= 0) > 0
    is_known = stock.count_between(contents.product, since, until) > 0
    holds, known = contents.any_line(is_sold_out, is_known, units)
    return CartFlag(holds=holds, known=known)


def name_reasons(lifecycle: CartLifecycle, flags: dict[str, CartFlag]) -> Labels:
    """Return the reason of each cart that was left: the first that holds, None where none does."""
    reason = np.full(len(lifecycle.step), None, dtype=object)
    for step, name in CHECKOUT_REASONS.items():
        reason[lifecycle.was_left & (lifecycle.step == STEPS.index(step))] = name
    for name in reversed(FLAG_REASONS):
        reason[lifecycle.was_left & flags[name].is_true] = name
    return reason
