"""Where each cart begins and ends, exactly, without following one visitor after the other.

For every add_to_cart it is known where a cart that began there would end, and so which add would begin the next one.
The carts are those that this chain visits from each person's first add.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Ints, Times, count_until, distinct_rows, latest_record, run_starts, sort_order
from ..._core.notes import Note
from ..._core.texts import counted
from .events import ADD, NONE, ONLY_IN_ORDERS, CartEvents

NO_CART, OTHER_PRODUCTS, AFTER_WINDOW = range(3)
WHY_NO_CART = ("without a cart", "of other products", "after its window")
"""Why a purchase buys no open cart: there is none, it has other products, or its window is over."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartBoundaries:
    """The carts, in the order of the events, and the cart of each event."""

    opening: Ints
    """Position of the event that opens each cart."""
    closing: Ints
    """Position of the event that buys it; NONE where it was not bought."""
    session_end: Ints
    """Position of the last event of the session that opened it."""
    left_at: Times
    """When it was touched last before the end of that session (microseconds)."""
    deadline: Times
    """When its window is over."""
    cart: Ints
    """The cart that each event touches or buys; NONE for others."""
    notes: tuple[Note, ...]
    """Counts of the events of no cart."""

    def __len__(self) -> int:
        return len(self.opening)

    @property
    def is_closed(self) -> Bools:
        """Whether each cart is bought."""
        return np.asarray(self.closing != NONE)

    @property
    def is_first_session(self) -> Bools:
        """Whether each event is of a cart, and not after the end of the session that opened that."""
        is_first = self.cart != NONE
        is_first[is_first] = np.flatnonzero(is_first) <= self.session_end[self.cart[is_first]]
        return np.asarray(is_first)


def find_carts(events: CartEvents, session: Ints, window: int) -> CartBoundaries:
    """Find the carts; a cart that is left may still be bought for ``window`` microseconds."""
    adds = np.flatnonzero(events.name == ADD)
    person, latest_add = events.person[adds], _match_purchases(events, adds)
    session_ends = last_positions(session)[session]
    session_end = session_ends[adds]
    touches = np.flatnonzero(events.is_touch)
    left_at = events.time[touches[np.searchsorted(touches, session_end, side="right") - 1]]
    deadline = left_at + window
    closing = _first_purchases(events, adds, latest_add)
    is_in_time = (closing <= session_end) | (events.time[closing] <= deadline)
    closing = np.where(is_in_time, closing, NONE)
    after_window = count_until(person, events.time[adds], person, deadline)
    next_add = np.where(closing != NONE, np.searchsorted(adds, closing), after_window)
    is_opening = _visited(person, next_add)
    opening, closing, deadline = adds[is_opening], closing[is_opening], deadline[is_opening]
    cart, why_no_cart = _assign_events(events, latest_add, session_ends, opening, closing, deadline)
    return CartBoundaries(
        opening=opening,
        closing=closing,
        session_end=session_end[is_opening],
        left_at=left_at[is_opening],
        deadline=deadline,
        cart=cart,
        notes=tuple(_notes(events, cart, why_no_cart)),
    )


def last_positions(group: Ints) -> Ints:
    """Return the position of the last row of each group, from 0."""
    last = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    last[group] = np.arange(len(group))  # positions ascend, so that the last one stays
    return last


def _match_purchases(events: CartEvents, adds: Times) -> Ints:
    """Return the latest add that each purchase may be for, NONE where there is none and for other events.

    A purchase without a product may be for any add, and an add without a product for any purchase.
    """
    latest_add, purchases = np.full(len(events), NONE), np.flatnonzero(events.is_purchase)
    person, product = events.person[purchases], events.product[purchases]
    of_person = _latest_of_key(events.person, adds, purchases, person)
    keys = events.key_of(events.person, events.product)
    of_product = _latest_of_key(keys, adds, purchases, keys[purchases])
    of_unknown = _latest_of_key(keys, adds, purchases, events.key_of(person, NONE))
    latest_add[purchases] = np.where(product == NONE, of_person, np.maximum(of_product, of_unknown))
    return latest_add


def _latest_of_key(keys: Ints, adds: Times, positions: Times, at_key: Ints) -> Ints:
    """Return the latest add of a key before each position."""
    codes = distinct_rows(np.append(keys[adds], at_key))[0]
    add_code, at_code = np.split(codes, [len(adds)])
    order = sort_order(add_code)
    adds = adds[order]
    return np.append(adds, NONE)[latest_record(add_code[order], adds, at_code, positions - 1)]


def _first_purchases(events: CartEvents, adds: Ints, latest_add: Ints) -> Ints:
    """Return the first purchase of a cart that begins at each add: one whose latest add is it or a later one."""
    n = len(events)
    first = np.full(n + 1, n)
    matched = np.flatnonzero(latest_add != NONE)
    np.minimum.at(first, latest_add[matched], matched)
    closing = np.minimum.accumulate(first[::-1])[::-1][adds]
    return np.where(np.append(events.person, NONE)[closing] == events.person[adds], closing, NONE)


def _visited(person: Ints, next_add: Ints) -> Bools:
    """Return which adds the chains from each person's first add visit; all double their steps at once."""
    n = len(person)
    is_visited = np.append(run_starts(person), False)
    is_last = np.append(person, NONE)[next_add] != person
    jump = np.append(np.where(is_last, n, next_add), n)
    while (jump < n).any():
        is_visited[jump[np.flatnonzero(is_visited)]] = True
        jump = jump[jump]
    return np.asarray(is_visited[:n])


def _assign_events(
    events: CartEvents, latest_add: Ints, session_ends: Ints, opening: Times, closing: Ints, deadline: Times
) -> tuple[Ints, Ints]:
    """Return the cart of each event, and why one has none; ``session_ends`` is of the session of each event."""
    cart, why_no_cart = np.full(len(events), NONE), np.full(len(events), NO_CART, dtype=np.int8)
    rows = np.flatnonzero(events.is_touch | events.is_purchase)
    current = latest_record(events.person[opening], opening, events.person[rows], rows)
    rows, current = rows[current != NONE], current[current != NONE]
    close, is_bought = closing[current], closing[current] != NONE
    is_in_time = (events.time[rows] <= deadline[current]) | (rows <= session_ends[opening[current]])
    is_open = np.where(is_bought, rows < close, is_in_time)
    is_match = latest_add[rows] >= opening[current]
    is_rest = is_bought & ~is_open & is_match & (events.product[rows] != NONE) & (rows <= session_ends[close])
    is_assigned = np.where(events.is_touch[rows], is_open, (rows == close) | is_rest)
    cart[rows[is_assigned]] = current[is_assigned]
    why_no_cart[rows[is_open]] = OTHER_PRODUCTS
    why_no_cart[rows[~is_open & ~is_bought & is_match]] = AFTER_WINDOW
    return cart, why_no_cart


def _notes(events: CartEvents, cart: Ints, why_no_cart: Ints) -> Iterator[Note]:
    """Count the events without a cart; a purchase of several products is one, and has a cart if any of them has."""
    purchases = np.flatnonzero(events.is_purchase & (events.order_match < ONLY_IN_ORDERS))
    source = events.source[purchases]
    has_cart = np.isin(source, source[cart[purchases] != NONE])
    rest = purchases[~has_cart]
    first = rest[distinct_rows(events.source[rest])[1]]
    if len(first):
        counts = np.bincount(why_no_cart[first], minlength=len(WHY_NO_CART)).tolist()
        parts = ", ".join(f"{count:,} {why}" for count, why in zip(counts, WHY_NO_CART, strict=True) if count)
        total = counted(len(np.unique(source)), "purchase")
        text = f"{len(first):,} of {total} bought no open cart: {parts}"
        yield Note(text, code="purchases_without_cart", count=len(first))
    n_touches = int((events.is_touch & (cart == NONE)).sum())
    if n_touches:
        what = counted(n_touches, "removal, cart view or checkout step", "removals, cart views or checkout steps")
        verb = "is" if n_touches == 1 else "are"
        yield Note(f"{what} without an open cart {verb} left out", code="touches_without_cart", count=n_touches)
