"""What became of each cart: how far it got, when it was left and bought, and what of that is decided by now."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Ints, Times, run_numbers
from .boundaries import CartBoundaries, last_positions
from .contents import CartContents
from .events import CART_EVENTS, NONE, CartEvents
from .rates import CartOutcomes

STATUSES = ("bought", "recovered", "abandoned", "emptied", "pending")
STEPS = ("add_to_cart", "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info")
"""How far a cart can get, by GA4's names."""
NAT = np.iinfo(np.int64).min
"""As a time, what did not happen: NumPy's NaT."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartLifecycle:
    """What became of carts; arrays of shape (n_carts,).

    Attributes
    ----------
    status, step : int arrays
        Position in STATUSES, and in STEPS: the furthest of the first session.
    opened_at, touched_at, left_at, bought_at : int64 arrays
        When it was opened, touched last, left in its first session, and bought; NAT where it was not.
    is_session_over : bool array
        Whether the session that opened it is over at the end of the data.
    outcomes : CartOutcomes
        What the rates are estimated from.
    """

    status: Ints
    step: Ints
    opened_at: Times
    touched_at: Times
    left_at: Times
    bought_at: Times
    is_session_over: Bools
    outcomes: CartOutcomes

    @property
    def was_left(self) -> Bools:
        """Whether each cart was left in its first session."""
        return np.asarray(self.left_at != NAT)

    def has_status(self, status: str) -> Bools:
        """Return which carts have a status."""
        return np.asarray(self.status == STATUSES.index(status))


def trace_carts(
    events: CartEvents, carts: CartBoundaries, contents: CartContents, until: int, window: int, gap: int
) -> CartLifecycle:
    """Follow each cart up to the moment ``until``; all times are in microseconds."""
    session_over_at = events.time[carts.session_end]
    is_session_over = until - session_over_at > gap
    is_window_over = until >= carts.deadline
    is_bought = carts.is_closed & (carts.closing <= carts.session_end)
    is_ended = is_session_over | _has_later_events(events, carts)
    status = np.full(len(carts), STATUSES.index("pending"))
    status[is_ended & is_window_over] = STATUSES.index("abandoned")
    status[contents.count_products(contents.units) == 0] = STATUSES.index("emptied")
    status[carts.is_closed] = STATUSES.index("recovered")
    status[is_bought] = STATUSES.index("bought")
    bought_at = np.full(len(carts), NAT)
    bought_at[carts.is_closed] = events.time[carts.closing[carts.is_closed]]
    was_left = ~is_bought & is_session_over & (contents.count_products(contents.units_left) > 0)
    is_recovered = was_left & carts.is_closed
    observed = np.minimum(until - carts.left_at, window)
    return CartLifecycle(
        status=status,
        step=_furthest_steps(events, carts),
        opened_at=events.time[carts.opening],
        touched_at=_last_touches(events, carts),
        left_at=np.where(~is_bought & is_ended, carts.left_at, NAT),
        bought_at=bought_at,
        is_session_over=is_session_over,
        outcomes=CartOutcomes(
            bought=is_bought & is_session_over,
            left=was_left,
            recovered=is_recovered,
            duration=np.where(is_recovered, bought_at - carts.left_at, observed),
            window_over=is_window_over,
            person=run_numbers(events.person[carts.opening]).astype(np.int64),
        ),
    )


def _has_later_events(events: CartEvents, carts: CartBoundaries) -> Bools:
    """Return whose person has an event after the session that opened the cart."""
    last_event = last_positions(events.person)
    return np.asarray(last_event[events.person[carts.opening]] > carts.session_end)


def _furthest_steps(events: CartEvents, carts: CartBoundaries) -> Ints:
    """Return the furthest step of each cart in its first session."""
    step_of_kind = np.array([STEPS.index(name) if name in STEPS else 0 for name in CART_EVENTS], dtype=np.int64)
    rows = np.flatnonzero(events.is_touch & carts.is_first_session)
    furthest = np.zeros(len(carts), dtype=np.int64)
    np.maximum.at(furthest, carts.cart[rows], step_of_kind[events.kind[rows]])
    return furthest


def _last_touches(events: CartEvents, carts: CartBoundaries) -> Times:
    rows = np.flatnonzero((carts.cart != NONE) & ~events.is_purchase)
    touched_at = np.zeros(len(carts), dtype=np.int64)
    touched_at[carts.cart[rows]] = events.time[rows]  # times ascend, so that the last one stays
    return touched_at
