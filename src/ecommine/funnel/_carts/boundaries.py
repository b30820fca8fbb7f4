"""Where each cart begins and ends, and which events are its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Ints, Times, count_until, distinct_rows
from ..._core.notes import Note
from ..._core.texts import counted
from .._log.reading import in_groups_having
from .events import ADD, NONE, ONLY_IN_ORDERS, CartEvents
from .walk import NO_CART, WHY_NO_CART, CartWalk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartBoundaries:
    """The carts, in the order of the events, and the cart of each event."""

    opening: Ints  # position of the event that opens each cart
    closing: Ints  # position of the event that buys it; NONE where it was not bought
    session_end: Ints  # position of the last event of the session that opened it
    left_at: Times  # when it was touched last before the end of that session (microseconds)
    deadline: Times  # when its window is over
    cart: Ints  # the cart that each event touches or buys; NONE for others

    def __len__(self) -> int:
        return len(self.opening)

    @property
    def is_closed(self) -> Bools:
        """Whether each cart is bought."""
        return np.asarray(self.closing != NONE)

    def in_first_session(self, rows: Ints) -> Bools:
        """Return which events, given by their positions, are not after the session that opened their cart."""
        return np.asarray(rows <= self.session_end[self.cart[rows]])


def find_carts(events: CartEvents, session: Ints, window: int) -> tuple[CartBoundaries, Ints]:
    """Find the carts, and whether each event buys one or why not, see :mod:`.walk`.

    A cart that is left may still be bought for ``window`` microseconds.
    """
    is_of_cart = events.is_touch | events.is_purchase
    rows = np.flatnonzero(is_of_cart & in_groups_having(events.person, events.name == ADD))
    person, time = events.person[rows], events.time[rows]
    session_end = last_positions(session)[session[rows]]
    left_at = _last_touches(events, session_end)
    deadline = left_at + window
    walk = CartWalk(
        session_until=np.searchsorted(rows, session_end, side="right") - 1,
        open_until=count_until(person, time, person, deadline) - 1,
        has_unnamed=bool((events.is_purchase & (events.product == NONE))[rows].any()),
    )
    columns = (person, events.name[rows], events.product[rows], session[rows])
    walk.follow(zip(*(values.tolist() for values in columns), strict=True))
    n_products = np.array(walk.n_products, dtype=np.int64)
    opened_by = np.flatnonzero(n_products)
    number = np.append(np.cumsum(n_products > 0) - 1, NONE)
    cart, outcome = np.full(len(events), NONE), np.full(len(events), NO_CART, dtype=np.int8)
    cart[rows], outcome[rows] = number[np.array(walk.cart, dtype=np.int64)], np.array(walk.outcome, dtype=np.int8)
    carts = CartBoundaries(
        opening=rows[opened_by],
        closing=np.append(rows, NONE)[np.array(walk.closed_by, dtype=np.int64)[opened_by]],
        session_end=session_end[opened_by],
        left_at=left_at[opened_by],
        deadline=deadline[opened_by],
        cart=cart,
    )
    return carts, outcome


def _last_touches(events: CartEvents, positions: Ints) -> Times:
    """Return the time of the last touch up to each position; any time where there is none."""
    touches = np.flatnonzero(events.is_touch)
    last = np.searchsorted(touches, positions, side="right") - 1
    return np.asarray(events.time[touches[last]]) if len(touches) else np.zeros(len(positions), dtype=np.int64)


def last_positions(group: Ints) -> Ints:
    """Return the position of the last row of each group, from 0."""
    last = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    last[group] = np.arange(len(group))  # positions ascend, so that the last one stays
    return last


def notes_on_events(events: CartEvents, carts: CartBoundaries, outcome: Ints, n_unnamed: int) -> Iterator[Note]:
    """Count the events without a cart, and purchases that name nothing of what was left.

    A purchase of several products is one, and has a cart if any of them has.
    """
    if not (events.name == ADD).any():
        way_out = "`schema.events(raw, names={...: 'add_to_cart'})` maps your own name of it"
        yield Note(f"no event is 'add_to_cart', so that there is no cart: {way_out}", code="no_cart_events")
    purchases = np.flatnonzero(events.is_purchase & (events.order_match < ONLY_IN_ORDERS))
    source = events.source[purchases]
    rest = purchases[~in_groups_having(source, carts.cart[purchases] != NONE)]
    first = rest[distinct_rows(events.source[rest])[1]]
    total = counted(int(np.count_nonzero(np.bincount(source))), "purchase")
    if len(first):
        counts = np.bincount(outcome[first], minlength=len(WHY_NO_CART) + 1).tolist()
        parts = ", ".join(f"{counts[code]:,} {why}" for code, why in WHY_NO_CART.items() if counts[code])
        text = f"{len(first):,} of {total} bought no open cart: {parts}"
        yield Note(text, code="purchases_without_cart", count=len(first))
    n_touches = int((events.is_touch & (carts.cart == NONE)).sum())
    if n_touches:
        what = counted(n_touches, "removal, cart view or checkout step", "removals, cart views or checkout steps")
        verb = "is" if n_touches == 1 else "are"
        yield Note(f"{what} without an open cart {verb} left out", code="touches_without_cart", count=n_touches)
    if n_unnamed:
        purchase = counted(n_unnamed, "purchase")
        text = f"{purchase} without a known product came while a cart left earlier was open, counted for what the same"
        text += " session put in, else for the cart opened last: to know which carts are recovered, add a product_id to"
        text += " add_to_cart and purchase, or pass `orders`"
        yield Note(text, code="purchases_without_product", count=n_unnamed)


def count_unnamed(events: CartEvents, carts: CartBoundaries) -> int:
    """Count purchases without a product that is known to be in a cart, while a cart left earlier was open."""
    purchases = np.flatnonzero(events.is_purchase)
    put_in = np.flatnonzero((carts.cart != NONE) & (events.name == ADD) & (events.product != NONE))
    is_without_product = events.product[purchases] == NONE
    keys = events.key_of(carts.cart, events.product)
    is_by_name = pd.Index(keys[purchases]).isin(keys[put_in])
    is_unnamed = is_without_product | ((carts.cart[purchases] != NONE) & ~is_by_name)
    unnamed = purchases[is_unnamed]
    if len(unnamed):
        unnamed = unnamed[_count_left_carts(events, carts, unnamed) > 0]
    return len(distinct_rows(events.person[unnamed], events.time[unnamed])[1])


def _count_left_carts(events: CartEvents, carts: CartBoundaries, positions: Ints) -> Ints:
    """Count the person's carts at each position that an earlier session left and that are open."""
    person = events.person[carts.opening]
    since = carts.session_end + 1
    until = np.where(
        carts.is_closed, carts.closing + 1, count_until(events.person, events.time, person, carts.deadline)
    )
    is_left = since < until
    n_since, n_until = (np.searchsorted(np.sort(ends[is_left]), positions, side="right") for ends in (since, until))
    return np.asarray(n_since - n_until)
