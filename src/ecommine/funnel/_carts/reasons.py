"""Why a cart may have been left, where the tables can tell: price, stock, step of the checkout."""

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times
from ..._core.codes import Labels
from ..._core.moments import DAY
from .boundaries import CartBoundaries
from .contents import CartContents
from .events import ADD, NONE, VIEW_ITEM, CartEvents
from .lifecycle import STEPS, CartLifecycle
from .side_tables import Records

CHECKOUT_REASONS = {
    "checkout_payment": "add_payment_info",
    "checkout_shipping": "add_shipping_info",
    "checkout_started": "begin_checkout",
}
"""The step at which a cart stopped, by reason."""
FLAG_REASONS = ("out_of_stock", "price_rise")
REASONS = (*FLAG_REASONS, *CHECKOUT_REASONS)
"""The reason of a cart is the first of these that holds."""
FLAGS = (*FLAG_REASONS, "out_of_stock_later")
MIN_PRICE_RATIO = 1 + 1e-9
"""Prices that are nearer than this are the same."""


def find_flags(
    events: CartEvents,
    carts: CartBoundaries,
    contents: CartContents,
    lifecycle: CartLifecycle,
    prices: Records | None,
    stock: Records | None,
) -> dict[str, Floats]:
    """Look up prices and stock of what was in the carts that were left: 1 or 0 per cart, NaN where not known."""
    flags = dict.fromkeys(FLAGS, np.full(len(carts), np.nan))
    left_at = carts.left_at[contents.cart]
    if prices is not None:
        flags["price_rise"] = _price_rise(contents, contents.product, prices, left_at)
    elif (events.quantity > 0).any():
        key = events.key_of(events.person[carts.opening][contents.cart], contents.product)
        flags["price_rise"] = _price_rise(contents, key, _shown_prices(events), left_at)
    if stock is not None:
        left_on = left_at // DAY
        end = left_at + lifecycle.duration[contents.cart]
        flags["out_of_stock"] = _out_of_stock(contents, stock, contents.added_at // DAY, left_on, contents.units_left)
        flags["out_of_stock_later"] = _out_of_stock(contents, stock, left_on + 1, end // DAY, contents.units)
    return {name: np.where(lifecycle.was_left, flag, np.nan) for name, flag in flags.items()}


def _price_rise(contents: CartContents, key: Ints, prices: Records, left_at: Times) -> Floats:
    """Return which carts were left with a product that costs more than when it was put in."""
    before, after = prices.latest(key, contents.added_at), prices.latest(key, left_at)
    is_known = ~(np.isnan(before) | np.isnan(after))
    is_risen = (before > 0) & (after > before * MIN_PRICE_RATIO)
    return contents.any_line(is_risen, is_known, contents.units_left)


def _shown_prices(events: CartEvents) -> Records:
    """Collect the prices of one unit that each person was shown, by the key of person and product."""
    is_shown = (events.name == VIEW_ITEM) | (events.name == ADD)
    rows = np.flatnonzero(is_shown & ~np.isnan(events.value) & (events.product != NONE))
    key = events.key_of(events.person[rows], events.product[rows])
    order = np.argsort(key, kind="stable")
    rows = rows[order]
    return Records(product=key[order], time=events.time[rows], value=events.value[rows] / events.units[rows])


def _out_of_stock(contents: CartContents, stock: Records, since: Times, until: Times, units: Floats) -> Floats:
    """Return which carts held a product that was sold out on a day from ``since`` to ``until``, days of each line."""
    is_sold_out = stock.count_between(contents.product, since, until, where=stock.value <= 0) > 0
    is_known = stock.count_between(contents.product, since, until) > 0
    return contents.any_line(is_sold_out, is_known, units)


def find_reasons(lifecycle: CartLifecycle, flags: dict[str, Floats]) -> dict[str, Bools]:
    """Return which carts that were left each reason holds for."""
    steps = {name: lifecycle.step == STEPS.index(step) for name, step in CHECKOUT_REASONS.items()}
    holds = {**{name: flags[name] == 1 for name in FLAG_REASONS}, **steps}
    return {name: lifecycle.was_left & holds[name] for name in REASONS}


def first_reasons(reasons: dict[str, Bools], n_carts: int) -> Labels:
    """Return the first reason that holds for each cart, None where none does."""
    first = np.full(n_carts, None, dtype=object)
    for name in reversed(REASONS):
        first[reasons[name]] = name
    return first
