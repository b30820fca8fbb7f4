"""Where each cart begins and ends, exactly, without following one visitor after the other.

For every add_to_cart it is known where a cart that began there would end: at the first purchase that matches it, or
when its window is over; and so which add would begin the next cart. The carts are those that this chain visits from
each person's first add; all chains are followed at once, by steps that double.
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Ints, Times, count_until, distinct_rows, run_starts
from .events import ADD, NO_PRODUCT, NONE, ONLY_IN_ORDERS, OTHER_EVENT, CartEvents

NO_CART_REASONS = ("no_cart", "other_products", "after_window")
"""Why a purchase buys no open cart: there is none, it has other products, or its window is over."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unassigned:
    """Events of no cart: purchase events by NO_CART_REASONS, events that touch a cart; and all purchase events."""

    purchases: dict[str, int]
    touches: int
    n_purchases: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartBoundaries:
    """The carts, in the order of the events, and the cart of each event.

    Attributes
    ----------
    opening, closing : int arrays of shape (n_carts,)
        Positions of the events that open and buy it; NONE where it was not bought.
    session_end : int array of shape (n_carts,)
        Position of the last event of the session that opened it.
    left_at, deadline : int64 arrays of shape (n_carts,)
        When it was touched last before the end of that session, and when its window is over (microseconds).
    cart : int array of shape (n_events,)
        The cart that the event touches or buys, NONE for others.
    is_by_product : bool array of shape (n_events,)
        Whether the product that a purchase names was put into the cart by its name.
    unassigned : Unassigned
    """

    opening: Ints
    closing: Ints
    session_end: Ints
    left_at: Times
    deadline: Times
    cart: Ints
    is_by_product: Bools
    unassigned: Unassigned

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Matches:
    """The latest add that each purchase may be for, NONE where there is none; arrays of shape (n_events,).

    ``any_add`` is of any product that it may be, ``own_add`` of the very product.
    """

    any_add: Ints
    own_add: Ints


def find_carts(events: CartEvents, session: Ints, window: int) -> CartBoundaries:
    """Find the carts."""
    adds = np.flatnonzero(events.kind == ADD)
    person, matches = events.person[adds], _match_purchases(events, adds)
    last_event = last_positions(session)
    session_end = last_event[session[adds]]
    touches = np.flatnonzero(events.is_touch)
    left_at = events.time[touches[np.searchsorted(touches, session_end, side="right") - 1]]
    deadline = left_at + window
    closing = _first_purchases(events, adds, matches.any_add)
    is_bought = closing != NONE
    is_bought[is_bought] = ((closing <= session_end) | (events.time[closing] <= deadline))[is_bought]
    closing = np.where(is_bought, closing, NONE)
    after_window = count_until(person, events.time[adds], person, deadline)
    next_add = np.where(is_bought, np.searchsorted(adds, closing), after_window)
    opening = np.flatnonzero(_visited(person, next_add))
    return _assign_events(
        events,
        matches,
        last_event[session],
        opening=adds[opening],
        closing=closing[opening],
        left_at=left_at[opening],
        deadline=deadline[opening],
    )


def last_positions(group: Ints) -> Ints:
    """Return the position of the last row of each group, from 0.

    Examples
    --------
    >>> last_positions(np.array([0, 1, 0])).tolist()
    [2, 1]
    """
    last = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    last[group] = np.arange(len(group))  # positions ascend, so that the last one stays
    return last


def _match_purchases(events: CartEvents, adds: Ints) -> _Matches:
    """Return the latest add of each purchase: any add for one without a product, and any add without a product."""
    n = len(events)
    any_add, own_add = np.full(n, NONE), np.full(n, NONE)
    purchases = np.flatnonzero(events.is_purchase)
    if not len(adds) or not len(purchases):
        return _Matches(any_add=any_add, own_add=own_add)
    latest = adds[np.maximum(np.searchsorted(adds, purchases) - 1, 0)]
    latest = np.where((latest < purchases) & (events.person[latest] == events.person[purchases]), latest, NONE)
    scale = int(events.product.max()) + 2
    keys = events.person * scale + events.product + 1
    has_no_product = events.product[purchases] == NO_PRODUCT
    of_product = _latest_of_key(keys, adds, purchases, keys[purchases], n)
    own_add[purchases] = np.where(has_no_product, latest, of_product)
    of_unknown = _latest_of_key(keys, adds, purchases, events.person[purchases] * scale, n)
    any_add[purchases] = np.where(has_no_product, latest, np.maximum(own_add[purchases], of_unknown))
    return _Matches(any_add=any_add, own_add=own_add)


def _latest_of_key(keys: Ints, adds: Ints, positions: Ints, at_key: Ints, n: int) -> Ints:
    """Return the latest add of a key before each position."""
    code, first = distinct_rows(keys[adds])
    known_keys = keys[adds[first]]
    at_code = np.searchsorted(known_keys, at_key)
    is_known = known_keys[np.minimum(at_code, len(known_keys) - 1)] == at_key
    packed = np.sort(code * n + adds)
    latest = packed[np.maximum(np.searchsorted(packed, at_code * n + positions) - 1, 0)]
    return np.where(is_known & (latest // n == at_code) & (latest % n < positions), latest % n, NONE)


def _first_purchases(events: CartEvents, adds: Ints, any_add: Ints) -> Ints:
    """Return the first purchase of a cart that begins at each add: one whose latest add is it or a later one."""
    n = len(events)
    first = np.full(n + 1, n)
    matched = np.flatnonzero(any_add != NONE)
    np.minimum.at(first, any_add[matched], matched)
    closing = np.minimum.accumulate(first[::-1])[::-1][adds]
    is_own = closing < n
    is_own[is_own] = events.person[closing[is_own]] == events.person[adds[is_own]]
    return np.where(is_own, closing, NONE)


def _visited(person: Ints, next_add: Ints) -> Bools:
    """Return which adds the chains from each person's first add visit."""
    n = len(person)
    is_visited = np.append(run_starts(person), False)
    is_last = np.concatenate([person, [NONE]])[next_add] != person
    jump = np.concatenate([np.where(is_last, n, next_add), [n]])
    while (jump < n).any():
        is_visited[jump[np.flatnonzero(is_visited)]] = True
        jump = jump[jump]
    return np.asarray(is_visited[:n])


def _assign_events(
    events: CartEvents,
    matches: _Matches,
    last_event: Ints,
    *,
    opening: Ints,
    closing: Ints,
    left_at: Times,
    deadline: Times,
) -> CartBoundaries:
    """Give each event its cart; ``last_event`` is the last one of the session of each event."""
    cart, is_by_product = np.full(len(events), NONE), np.zeros(len(events), dtype=bool)
    reason = np.full(len(events), NO_CART_REASONS.index("no_cart"), dtype=np.int8)
    rows, current = _current_carts(events, opening)
    is_bought, close, is_touch = closing[current] != NONE, closing[current], events.is_touch[rows]
    session_end = last_event[opening]
    is_in_time = (events.time[rows] <= deadline[current]) | (rows <= session_end[current])
    is_open = np.where(is_bought, rows < close, is_in_time)
    is_match = matches.any_add[rows] >= opening[current]
    is_by_product[rows] = matches.own_add[rows] >= opening[current]
    has_product = events.product[rows] != NO_PRODUCT
    is_rest = is_bought & ~is_open & is_match & has_product & (rows <= last_event[close])
    is_assigned = np.where(is_touch, is_open, (rows == close) | is_rest)
    cart[rows[is_assigned]] = current[is_assigned]
    reason[rows[is_open]] = NO_CART_REASONS.index("other_products")
    reason[rows[~is_open & ~is_bought & is_match]] = NO_CART_REASONS.index("after_window")
    return CartBoundaries(
        opening=opening,
        closing=closing,
        session_end=session_end,
        left_at=left_at,
        deadline=deadline,
        cart=cart,
        is_by_product=is_by_product,
        unassigned=_count_unassigned(events, cart, reason),
    )


def _current_carts(events: CartEvents, opening: Ints) -> tuple[Ints, Ints]:
    """Return the events of carts that are not before their person's first, and the latest cart opened until each."""
    rows = np.flatnonzero(events.kind != OTHER_EVENT)
    latest = np.searchsorted(opening, rows, side="right") - 1
    is_own = latest >= 0
    is_own[is_own] = events.person[opening[latest[is_own]]] == events.person[rows[is_own]]
    return rows[is_own], latest[is_own]


def _count_unassigned(events: CartEvents, cart: Ints, reason: Ints) -> Unassigned:
    """Count the events without a cart; a purchase of several products is one, and has a cart if any of them has."""
    purchases = np.flatnonzero(events.is_purchase & (events.order_match < ONLY_IN_ORDERS))
    source = events.source[purchases]
    has_cart = np.zeros(int(source.max(initial=-1)) + 1, dtype=bool)
    has_cart[source[cart[purchases] != NONE]] = True
    rest = purchases[~has_cart[source]]
    first = rest[distinct_rows(events.source[rest])[1]]
    counts = np.bincount(reason[first], minlength=len(NO_CART_REASONS)).tolist()
    return Unassigned(
        purchases=dict(zip(NO_CART_REASONS, counts, strict=True)),
        touches=int((events.is_touch & (cart == NONE)).sum()),
        n_purchases=int(np.count_nonzero(np.bincount(source))),
    )
