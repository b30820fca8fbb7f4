"""What became of each cart: how far it got, when it was left and bought, and what of that is decided by now."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints, Times, run_numbers
from .boundaries import CartBoundaries, last_positions
from .contents import CartContents
from .events import ADD, CART_EVENTS, NONE, CartEvents

STATUSES = ("bought", "recovered", "abandoned", "emptied", "pending")
STEPS = tuple(name for name in CART_EVENTS if name not in ("remove_from_cart", "purchase"))
"""How far a cart can get, by GA4's names."""
NAT = np.iinfo(np.int64).min
"""As a time, what did not happen: NumPy's NaT."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartLifecycle:
    """What became of carts; arrays of shape (n_carts,), times in microseconds and NAT for what did not happen."""

    status: Ints
    """Position in STATUSES."""
    step: Ints
    """Position in STEPS of the furthest of the first session."""
    opened_at: Times
    last_touched_at: Times
    abandoned_at: Times
    """When it was touched last in its first session, where that is over and did not buy."""
    bought_at: Times
    is_session_over: Bools
    """Whether the session that opened it is over at the end of the data."""
    is_window_over: Bools
    can_be_recovered: Bools
    """Left in its first session, which is over, with something in it."""
    duration: Times
    """From when it was left until it was bought or is no longer observed, at most the window."""
    person: Ints
    """Number of the person: carts of one are correlated."""

    def __len__(self) -> int:
        return len(self.status)

    @property
    def was_left(self) -> Bools:
        """Whether each cart was left in its first session."""
        return np.asarray(self.abandoned_at != NAT)

    @property
    def is_bought(self) -> Bools:
        """Whether each cart was bought in its first session, which is over.

        That a purchase is known at once, and that a cart was left only when its session is over, would select by the
        outcome.
        """
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
    status = np.full(len(carts), STATUSES.index("pending"))
    status[is_ended & is_window_over] = STATUSES.index("abandoned")
    status[contents.count_products(contents.units) == 0] = STATUSES.index("emptied")
    status[carts.is_closed] = STATUSES.index("recovered")
    status[is_bought] = STATUSES.index("bought")
    step, touched_at = _steps_and_last_touches(events, carts)
    end = np.where(carts.is_closed, events.time[carts.closing], until)
    return CartLifecycle(
        status=status,
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
    in_first = touches[carts.is_first_session[touches]]
    step_of_event = np.array([STEPS.index(name) if name in STEPS else 0 for name in CART_EVENTS])
    step = np.zeros(len(carts), dtype=np.int64)
    np.maximum.at(step, carts.cart[in_first], step_of_event[events.name[in_first] - ADD])
    return step, touched_at
