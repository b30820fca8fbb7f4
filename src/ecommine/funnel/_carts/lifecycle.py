"""Where each cart begins and ends, exactly, without following one visitor after the other.

For every add_to_cart it is known where a cart that began there would end: at the first purchase that fits, or when its
window is over; and so which add would begin the next cart. The carts are those that this chain visits from each
person's first add; all chains are followed at once, by steps that double.
"""

from dataclasses import dataclass

import numpy as np

from .._log.log import distinct_rows, run_starts
from .._match.sort import Ints
from .._micro import Times
from .events import ADD, ONLY_ORDERS, OTHER, PURCHASE, UNNAMED, Flags, Trail
from .nearest import places

NONE = -1
OUTSIDE = ("none", "beside", "late")
"""Purchases of no cart: without one, of what was not in the one that was open, after its window."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """The carts, in the order of the trail, and what each event does to them.

    Attributes
    ----------
    start, close : int arrays of shape (n_carts,)
        The events that open and buy it; NONE where it was not bought.
    left, deadline : int64 arrays of shape (n_carts,)
        When it was touched last in its first session, and when its window is over (microseconds).
    cart : int array of shape (n_events,)
        The cart that the event touches or buys, NONE for others.
    by_name : bool array of shape (n_events,)
        Whether the product that a purchase names was put into the cart by its name.
    outside : dict of str to int
        Purchase events of no cart by OUTSIDE, "touches" of no cart, and all "purchases".
    """

    start: Ints
    close: Ints
    left: Times
    deadline: Times
    cart: Ints
    by_name: Flags
    outside: dict[str, int]


def walk(trail: Trail, session: Ints, window: int) -> Walk:
    """Find the carts."""
    adds = np.flatnonzero(trail.kind == ADD)
    added, named = _added(trail, adds)
    close = _first_purchase(trail, adds, added)
    left = trail.time[_last_touch(trail, session)[session[adds]]] if len(adds) else trail.time[adds]
    deadline = left + window
    bought = close != NONE
    bought &= (session[close] == session[adds]) | (trail.time[close] <= deadline) if len(adds) else bought
    close = np.where(bought, close, NONE)
    person = trail.person[adds]
    follows = np.where(bought, np.searchsorted(adds, close), places(person, trail.time[adds], person, deadline))
    mine = np.flatnonzero(_visited(person, follows))
    return _assigned(trail, session, adds[mine], close[mine], left[mine], deadline[mine], added, named)


def _added(trail: Trail, adds: Ints) -> tuple[Ints, Ints]:
    """Find the latest add that each purchase may be for, and that of the very product; NONE where there is none.

    A purchase without a product is for any, and an add without a product may be of any.
    """
    n = len(trail.kind)
    found, named = np.full(n, NONE), np.full(n, NONE)
    bought = np.flatnonzero(trail.kind == PURCHASE)
    if not len(adds) or not len(bought):
        return found, named
    last = adds[np.maximum(np.searchsorted(adds, bought) - 1, 0)]
    last = np.where((last < bought) & (trail.person[last] == trail.person[bought]), last, NONE)
    scale = int(trail.product.max()) + 2
    keys = trail.person * scale + trail.product + 1
    nameless = trail.product[bought] == UNNAMED
    named[bought] = np.where(nameless, last, _latest_of(keys, adds, bought, keys[bought], n))
    unnamed = _latest_of(keys, adds, bought, trail.person[bought] * scale, n)
    found[bought] = np.where(nameless, last, np.maximum(named[bought], unnamed))
    return found, named


def _latest_of(keys: Ints, adds: Ints, places_: Ints, wanted: Ints, n: int) -> Ints:
    """Find the latest add of a key before each place."""
    code, first = distinct_rows(keys[adds])
    known = keys[adds[first]]
    at = np.searchsorted(known, wanted)
    there = known[np.minimum(at, len(known) - 1)] == wanted
    packed = np.sort(code * n + adds)
    found = packed[np.maximum(np.searchsorted(packed, at * n + places_) - 1, 0)]
    return np.where(there & (found // n == at) & (found % n < places_), found % n, NONE)


def _first_purchase(trail: Trail, adds: Ints, added: Ints) -> Ints:
    """Find the first purchase that fits a cart which begins at each add: that whose latest add is it or a later one."""
    n = len(trail.kind)
    first = np.full(n + 1, n)
    fits = np.flatnonzero(added != NONE)
    np.minimum.at(first, added[fits], fits)
    close = np.minimum.accumulate(first[::-1])[::-1][adds]
    known = close < n
    known[known] = trail.person[close[known]] == trail.person[adds[known]]
    return np.where(known, close, NONE)


def _last_touch(trail: Trail, session: Ints) -> Ints:
    """Find the last event of each session that touches a cart."""
    touches = np.flatnonzero(_touches(trail))
    last = np.full(int(session[-1]) + 1, NONE)
    last[session[touches]] = touches  # places ascend, so that the last one stays
    return last


def _touches(trail: Trail) -> Flags:
    return np.asarray((trail.kind != OTHER) & (trail.kind != PURCHASE))


def _visited(person: Ints, follows: Ints) -> Flags:
    """Mark what the chains from each person's first add visit."""
    n = len(person)
    marked = np.append(run_starts(person), False)
    ends = np.concatenate([person, [NONE]])[follows] != person
    jump = np.concatenate([np.where(ends, n, follows), [n]])
    while (jump < n).any():
        marked[jump[np.flatnonzero(marked)]] = True
        jump = jump[jump]
    return np.asarray(marked[:n])


def _assigned(
    trail: Trail, session: Ints, start: Ints, close: Ints, left: Times, deadline: Times, added: Ints, named: Ints
) -> Walk:
    """Give each event its cart."""
    rows = np.flatnonzero(trail.kind != OTHER)
    mine = np.searchsorted(start, rows, side="right") - 1
    owned = mine >= 0
    owned[owned] = trail.person[start[mine[owned]]] == trail.person[rows[owned]]
    cart, by_name = np.full(len(trail.kind), NONE), np.zeros(len(trail.kind), dtype=bool)
    became = np.full(len(trail.kind), OUTSIDE.index("none"), dtype=np.int8)
    rows, mine = rows[owned], mine[owned]
    bought, ends, touch = close[mine] != NONE, close[mine], _touches(trail)[rows]
    in_time = (trail.time[rows] <= deadline[mine]) | (session[rows] == session[start[mine]])
    is_open = np.where(bought, rows < ends, in_time)
    fits = added[rows] >= start[mine]
    by_name[rows] = named[rows] >= start[mine]
    again = bought & ~is_open & fits & (trail.product[rows] != UNNAMED) & (session[rows] == session[ends])
    inside = np.where(touch, is_open, (rows == ends) | again)
    cart[rows[inside]] = mine[inside]
    became[rows[is_open]] = OUTSIDE.index("beside")
    became[rows[~is_open & ~bought & fits]] = OUTSIDE.index("late")
    outside = _outside(trail, cart, became)
    return Walk(start=start, close=close, left=left, deadline=deadline, cart=cart, by_name=by_name, outside=outside)


def _outside(trail: Trail, cart: Ints, became: Ints) -> dict[str, int]:
    """Count the events without a cart; a purchase of several products is one, and has a cart if any of them has."""
    bought = np.flatnonzero((trail.kind == PURCHASE) & (trail.order < ONLY_ORDERS))
    source = trail.source[bought]
    inside = np.zeros(int(source.max(initial=-1)) + 1, dtype=bool)
    inside[source[cart[bought] != NONE]] = True
    rest = bought[~inside[source]]
    first = rest[distinct_rows(trail.source[rest])[1]]
    counts = np.bincount(became[first], minlength=len(OUTSIDE)).tolist()
    touches = int((_touches(trail) & (cart == NONE)).sum())
    purchases = np.count_nonzero(np.bincount(source))
    return {**dict(zip(OUTSIDE, counts, strict=True)), "touches": touches, "purchases": purchases}
