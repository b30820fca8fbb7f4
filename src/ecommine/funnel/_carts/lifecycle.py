"""What became of each cart: how far it got, when it was left and bought, and why it may have been left."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times, run_numbers
from ..._core.moments import DAY
from ...schema._for_topics import Clock
from .boundaries import CartBoundaries, last_positions
from .contents import CartContents
from .events import ADD, CART_EVENTS, NONE, VIEW_ITEM, CartEvents
from .side_tables import Records

STATUSES = ("bought", "recovered", "abandoned", "emptied", "pending")
STEPS = tuple(name for name in CART_EVENTS if name not in ("remove_from_cart", "purchase"))
"""How far a cart can get, by GA4's names."""
NAT = np.iinfo(np.int64).min
"""As a time, what did not happen: NumPy's NaT."""
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartLifecycle:
    """What became of carts; arrays of shape (n_carts,), times in microseconds and NAT for what did not happen."""

    status: Ints  # position in STATUSES
    step: Ints  # position in STEPS of the furthest of the first session
    opened_at: Times
    last_touched_at: Times
    abandoned_at: Times  # when it was touched last in its first session, where that is over and did not buy
    bought_at: Times
    is_session_over: Bools  # whether the session that opened it is over at the end of the data
    is_window_over: Bools
    can_be_recovered: Bools  # left in its first session, which is over, with something in it
    duration: Times  # from when it was left until it was bought or is no longer observed, at most the window
    person: Ints  # number of the person: carts of one are correlated

    def __len__(self) -> int:
        return len(self.status)

    @property
    def was_left(self) -> Bools:
        """Whether each cart was left in its first session."""
        return np.asarray(self.abandoned_at != NAT)

    @property
    def is_bought(self) -> Bools:
        """Whether each cart was bought in its first session, which is over as it must be for one that was left."""
        return self.has_status("bought") & self.is_session_over

    @property
    def is_recovered(self) -> Bools:
        """Whether each cart that can be recovered was bought within the window."""
        return self.can_be_recovered & self.has_status("recovered")

    def take(self, rows: Any) -> "CartLifecycle":
        """Return some carts."""
        return CartLifecycle(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def has_status(self, status: str) -> Bools:
        """Return which carts have a status."""
        return np.asarray(self.status == STATUSES.index(status))


def trace_carts(
    events: CartEvents, carts: CartBoundaries, contents: CartContents, until: int, window: int, gap: int
) -> CartLifecycle:
    """Follow each cart up to the moment ``until``; all times are in microseconds."""
    person = events.person[carts.opening]
    is_session_over = until - events.time[carts.session_end] > gap
    is_ended = is_session_over | (last_positions(events.person)[person] > carts.session_end)
    is_window_over = until >= carts.deadline
    is_bought = carts.is_closed & (carts.closing <= carts.session_end)
    is_empty = contents.count_products(contents.units) == 0
    conditions = [is_bought, carts.is_closed, is_empty, is_ended & is_window_over]
    codes = [STATUSES.index(status) for status in ("bought", "recovered", "emptied", "abandoned")]
    step, touched_at = _steps_and_last_touches(events, carts)
    end = np.where(carts.is_closed, events.time[carts.closing], until)
    return CartLifecycle(
        status=np.select(conditions, codes, STATUSES.index("pending")),
        step=step,
        opened_at=events.time[carts.opening],
        last_touched_at=touched_at,
        abandoned_at=np.where(~is_bought & is_ended, carts.left_at, NAT),
        bought_at=np.where(carts.is_closed, end, NAT),
        is_session_over=is_session_over,
        is_window_over=is_window_over,
        can_be_recovered=~is_bought & is_session_over & (contents.count_products(contents.units_left) > 0),
        duration=np.minimum(end - carts.left_at, window),
        person=run_numbers(person),
    )


def _steps_and_last_touches(events: CartEvents, carts: CartBoundaries) -> tuple[Ints, Times]:
    """Return the furthest step of each cart in its first session, and when it was touched last."""
    touches = np.flatnonzero((carts.cart != NONE) & events.is_touch)
    touched_at = np.zeros(len(carts), dtype=np.int64)
    touched_at[carts.cart[touches]] = events.time[touches]  # times ascend, so that the last one stays
    in_first = touches[carts.in_first_session(touches)]
    step_of_event = np.array([STEPS.index(name) if name in STEPS else 0 for name in CART_EVENTS])
    step = np.zeros(len(carts), dtype=np.int64)
    np.maximum.at(step, carts.cart[in_first], step_of_event[events.name[in_first] - ADD])
    return step, touched_at


def find_flags(
    events: CartEvents,
    carts: CartBoundaries,
    contents: CartContents,
    lifecycle: CartLifecycle,
    prices: Records | None,
    stock: Records | None,
    clock: Clock,
) -> dict[str, Floats]:
    """Look up prices and stock of what was in the carts that were left: 1 or 0 per cart, NaN where not known.

    Prices and stock are in the shop's own time, to which ``clock`` is the way from that of the events.
    """
    flags = dict.fromkeys(FLAGS, np.full(len(carts), np.nan))
    added_at, left_at = contents.added_at, carts.left_at[contents.cart]
    end = left_at + lifecycle.duration[contents.cart]
    shop_added_at, shop_left_at, shop_end = (clock.to_shop(time) for time in (added_at, left_at, end))
    if prices is not None:
        flags["price_rise"] = _price_rise(contents, contents.product, prices, shop_added_at, shop_left_at)
    elif (events.quantity > 0).any():
        key = events.key_of(events.person[carts.opening][contents.cart], contents.product)
        flags["price_rise"] = _price_rise(contents, key, _shown_prices(events), added_at, left_at)
    if stock is not None:
        left_on = shop_left_at // DAY
        flags["out_of_stock"] = _out_of_stock(contents, stock, shop_added_at // DAY, left_on, contents.units_left)
        flags["out_of_stock_later"] = _out_of_stock(contents, stock, left_on + 1, shop_end // DAY, contents.units)
    return {name: np.where(lifecycle.was_left, flag, np.nan) for name, flag in flags.items()}


def _price_rise(contents: CartContents, key: Ints, prices: Records, added_at: Times, left_at: Times) -> Floats:
    before, after = prices.latest(key, added_at), prices.latest(key, left_at)
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
