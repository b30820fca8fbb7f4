"""What ``_per_rule`` computes, compiled, on all cores; formulas and names are those of ``_clusters``.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from .._encoding import Ints
from .._output.measures import Floats
from .._threads import cores, each
from .clusters import Clusters
from .expected import Strata
from .per_rule import Side, by_long_side

FAR = 16
"""A list this many times longer than another is searched by halves rather than walked."""


def stratum_counts(side: Side, strata: Strata) -> Ints:
    """Count the orders with each set, stratum by stratum: shape (n_sets, n_strata)."""
    found = np.zeros((len(side.sets), strata.n), dtype=np.int64)
    lists, stratum = _lists(side), _short(strata.of_order)
    _shared(lambda first, last: _count_some(*lists, stratum, found, first, last), len(found))
    return found


def design_effects(
    clusters: Clusters, left: Side, right: Side, left_shares: Floats, right_shares: Floats, strata: Strata
) -> Floats:
    """Return the design effect of each rule; shares are of shape (n_rules, n_strata)."""
    p, q = np.ascontiguousarray(left_shares), np.ascontiguousarray(right_shares)
    by_customer = squares(clusters, left, right, q, p, p * q, strata)
    by_order, stratum = np.empty(len(left.sets)), _short(strata.of_order)
    lists, orders = (*_lists(left), *_lists(right)), strata.orders.astype(np.float64)
    _shared(lambda first, last: _by_orders_some(*lists, stratum, p, q, orders, by_order, first, last), len(by_order))
    some = by_order > 0
    return np.maximum(np.divide(by_customer, by_order, out=np.ones(len(some)), where=some), 1.0)


def squares(
    clusters: Clusters, left: Side, right: Side, on_left: Floats, on_right: Floats, on_all: Floats, strata: Strata
) -> Floats:
    """Return squares of customers' sums for each rule; weights are of shape (n_rules, n_strata)."""
    found = np.empty(len(left.sets))
    customer, stratum = _short(clusters.of_order), _short(strata.of_order)
    weights = (np.ascontiguousarray(on_left), np.ascontiguousarray(on_right), np.ascontiguousarray(on_all))
    cross, rows = _sparse(clusters.cross), _sparse(clusters.by_stratum)
    lists = (*_lists(left), *_lists(right))
    _shared(
        lambda first, last: _squares_some(*lists, customer, stratum, *weights, *cross, *rows, found, first, last),
        len(found),
    )
    return found


def design_effects_within(clusters: Clusters, given: Side, item: Side, consequent: Side, *, strata: Strata) -> Floats:
    """Return the design effect of an item and a consequent among the orders with a given set."""
    found = np.empty(len(given.sets))
    customer, stratum = _short(clusters.of_order), _short(strata.of_order)
    sets = (_short(item.sets), _short(consequent.sets))
    lists, n = _lists(given), clusters.n
    _shared(
        lambda first, last: _within_some(*lists, *sets, customer, n, stratum, strata.n, found, first, last), len(found)
    )
    return found


def log_lift_variances(clusters: Clusters, left: Side, right: Side, n_orders: int) -> Floats:
    """Return the variance of the logarithm of each lift."""
    found, share = np.empty(len(left.sets)), clusters.orders / n_orders
    customer = _short(clusters.of_order)
    for short, long, rows in by_long_side(left, right):
        mine = np.empty(len(rows))
        arguments = (*_lists(short), *_lists(long), customer, share, mine)
        _shared(partial(_variances_some, *arguments), len(rows))
        found[rows] = mine
    return found * clusters.n / max(clusters.n - 1, 1)


def _shared(work: Callable[[int, int], None], n: int) -> None:
    cuts = np.linspace(0, n, min(8 * cores(), max(n, 1)) + 1).astype(int).tolist()
    each(work, cuts[:-1], cuts[1:])


def _short(numbers: Ints) -> Ints:
    return np.ascontiguousarray(numbers, dtype=np.int32)


def _sparse(matrix: Any) -> tuple[Ints, Ints, Floats]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float64)


def _lists(side: Side) -> tuple[Ints, Ints, Ints]:
    return side.postings.starts.astype(np.int64), _short(side.postings.orders), _short(side.sets)


@njit(nogil=True, cache=True)
def _keep_common(held: Any, n: int, starts: Any, orders: Any, item: int) -> int:
    """Keep the first n held orders that also hold one item, in place."""
    at, high = starts[item], starts[item + 1]
    far = high - at > FAR * n
    kept = 0
    for place in range(n):
        order = held[place]
        if far:
            last = high
            while at < last:
                middle = (at + last) >> 1
                if orders[middle] < order:
                    at = middle + 1
                else:
                    last = middle
        else:
            while at < high and orders[at] < order:
                at += 1
        if at < high and orders[at] == order:
            held[kept] = order
            kept += 1
    return kept


@njit(nogil=True, cache=True)
def _orders_of(starts: Any, orders: Any, items: Any, held: Any) -> Any:
    """Write the orders with all items, ascending, and count them."""
    shortest = items[0]
    for item in items:
        if starts[item + 1] - starts[item] < starts[shortest + 1] - starts[shortest]:
            shortest = item
    n = starts[shortest + 1] - starts[shortest]
    for place in range(n):
        held[place] = orders[starts[shortest] + place]
    for item in items:
        if item != shortest:
            n = _keep_common(held, n, starts, orders, item)
    return n


@njit(nogil=True, cache=True)
def _room(starts: Any) -> Any:
    most = np.int64(0)
    for item in range(len(starts) - 1):
        most = max(most, starts[item + 1] - starts[item])
    return np.empty(most, dtype=np.int32)


@njit(nogil=True, cache=True)
def _count_some(starts: Any, orders: Any, sets: Any, stratum: Any, found: Any, first: int, last: int) -> None:
    held = _room(starts)
    for row in range(first, last):
        for place in range(_orders_of(starts, orders, sets[row], held)):
            found[row, stratum[held[place]]] += 1


@njit(nogil=True, cache=True)
def _add_common(left: Any, n_left: int, right: Any, n_right: int, customer: Any, sums: Any, weight: float) -> None:
    """Add a weight to the customer of each order that is in both lists."""
    at = 0
    for place in range(n_left):
        order = left[place]
        while at < n_right and right[at] < order:
            at += 1
        if at < n_right and right[at] == order:
            sums[customer[order]] += weight


@njit(nogil=True, cache=True)
def _variances_some(  # noqa: C901  # one loop nest, kept in one piece for the compiler
    short_starts: Any,
    short_orders: Any,
    short_sets: Any,
    long_starts: Any,
    long_orders: Any,
    long_sets: Any,
    customer: Any,
    share: Any,
    found: Any,
    first: int,
    last: int,
) -> None:
    """Sum up squares and products of customers' orders; only the short side is walked, once for each rule."""
    long, short = _room(long_starts), _room(short_starts)
    n_long, long_long, long_share = 0, 0.0, 0.0
    held, with_long = np.zeros(len(customer), dtype=np.bool_), np.zeros(len(share), dtype=np.int64)
    with_short, with_both = np.zeros(len(share), dtype=np.int64), np.zeros(len(share), dtype=np.int64)
    everyone = (share * share).sum()
    for row in range(first, last):
        if row == first or (long_sets[row] != long_sets[row - 1]).any():
            for place in range(n_long):
                held[long[place]] = False
                with_long[customer[long[place]]] = 0
            n_long = _orders_of(long_starts, long_orders, long_sets[row], long)
            long_long, long_share = 0.0, 0.0
            for place in range(n_long):
                held[long[place]] = True
                with_long[customer[long[place]]] += 1
            for place in range(n_long):
                long_long += with_long[customer[long[place]]]
                long_share += share[customer[long[place]]]
        n_short = _orders_of(short_starts, short_orders, short_sets[row], short)
        n_both, short_long, both_long, short_share, both_share = 0, 0.0, 0.0, 0.0, 0.0
        for place in range(n_short):
            one = customer[short[place]]
            with_short[one] += 1
            short_long += with_long[one]
            short_share += share[one]
            if held[short[place]]:
                n_both += 1
                with_both[one] += 1
                both_long += with_long[one]
                both_share += share[one]
        short_short, both_short, both_both = 0.0, 0.0, 0.0
        for place in range(n_short):
            one = customer[short[place]]
            short_short += with_short[one]
            if held[short[place]]:
                both_short += with_short[one]
                both_both += with_both[one]
        for place in range(n_short):
            with_short[customer[short[place]]] = 0
            with_both[customer[short[place]]] = 0
        found[row] = (
            both_both / n_both / n_both
            + short_short / n_short / n_short
            + long_long / n_long / n_long
            + everyone
            + 2 * short_long / n_short / n_long
            - 2 * (both_short / n_both / n_short + both_long / n_both / n_long)
            + 2 * (both_share / n_both - short_share / n_short - long_share / n_long)
        )


@njit(nogil=True, cache=True)
def _by_single_orders(
    left: Any, n_left: int, right: Any, n_right: int, stratum: Any, p: Any, q: Any, orders: Any
) -> float:
    """Sum the squares of single orders: of both, of one side, of the other, of neither, by stratum."""
    n = len(orders)
    a, b, ab = np.zeros(n), np.zeros(n), np.zeros(n)
    for place in range(n_left):
        a[stratum[left[place]]] += 1
    for place in range(n_right):
        b[stratum[right[place]]] += 1
    at = 0
    for place in range(n_left):
        while at < n_right and right[at] < left[place]:
            at += 1
        if at < n_right and right[at] == left[place]:
            ab[stratum[left[place]]] += 1
    total = 0.0
    for s in range(n):
        total += ab[s] * ((1 - p[s]) * (1 - q[s])) ** 2 + (a[s] - ab[s]) * ((1 - p[s]) * q[s]) ** 2
        total += (b[s] - ab[s]) * (p[s] * (1 - q[s])) ** 2 + (orders[s] - a[s] - b[s] + ab[s]) * (p[s] * q[s]) ** 2
    return total


@njit(nogil=True, cache=True)
def _by_orders_some(
    left_starts: Any,
    left_orders: Any,
    left_sets: Any,
    right_starts: Any,
    right_orders: Any,
    right_sets: Any,
    stratum: Any,
    left_shares: Any,
    right_shares: Any,
    orders: Any,
    found: Any,
    first: int,
    last: int,
) -> None:
    left, right = _room(left_starts), _room(right_starts)
    for row in range(first, last):
        n_left = _orders_of(left_starts, left_orders, left_sets[row], left)
        n_right = _orders_of(right_starts, right_orders, right_sets[row], right)
        p, q = left_shares[row], right_shares[row]
        found[row] = _by_single_orders(left, n_left, right, n_right, stratum, p, q, orders)


@njit(nogil=True, cache=True)
def _squares_some(
    left_starts: Any,
    left_orders: Any,
    left_sets: Any,
    right_starts: Any,
    right_orders: Any,
    right_sets: Any,
    customer: Any,
    stratum: Any,
    on_left: Any,
    on_right: Any,
    on_all: Any,
    cross_starts: Any,
    cross_strata: Any,
    cross: Any,
    placed_starts: Any,
    placed_strata: Any,
    placed: Any,
    found: Any,
    first: int,
    last: int,
) -> None:
    left, right = _room(left_starts), _room(right_starts)
    n_customers = len(placed_starts) - 1
    sums, seen = np.zeros(n_customers), np.full(n_customers, -1, dtype=np.int64)
    for row in range(first, last):
        by_left, by_right, alone = on_left[row], on_right[row], on_all[row]
        n_left = _orders_of(left_starts, left_orders, left_sets[row], left)
        n_right = _orders_of(right_starts, right_orders, right_sets[row], right)
        _add_common(left, n_left, right, n_right, customer, sums, 1.0)
        for place in range(n_left):
            sums[customer[left[place]]] -= by_left[stratum[left[place]]]
        for place in range(n_right):
            sums[customer[right[place]]] -= by_right[stratum[right[place]]]
        total, others = 0.0, 0.0
        for s in np.flatnonzero(alone):
            for at in range(cross_starts[s], cross_starts[s + 1]):
                others += alone[s] * cross[at] * alone[cross_strata[at]]
        for place in range(n_left + n_right):
            one = customer[left[place]] if place < n_left else customer[right[place - n_left]]
            if seen[one] != row:
                seen[one] = row
                ours = 0.0
                for at in range(placed_starts[one], placed_starts[one + 1]):
                    ours += placed[at] * alone[placed_strata[at]]
                total += (sums[one] + ours) ** 2
                others -= ours**2
                sums[one] = 0.0
        found[row] = total + max(others, 0.0)


@njit(nogil=True, cache=True)
def _mark(held: Any, n: int, starts: Any, orders: Any, items: Any, copy: Any, marks: Any) -> None:
    """Mark which of the held orders hold all items."""
    for place in range(n):
        copy[place] = held[place]
        marks[place] = 0.0
    kept = n
    for item in items:
        kept = _keep_common(copy, kept, starts, orders, item)
    at = 0
    for place in range(kept):
        while held[at] != copy[place]:
            at += 1
        marks[at] = 1.0


@njit(nogil=True, cache=True)
def _within_some(
    starts: Any,
    orders: Any,
    given: Any,
    items: Any,
    consequents: Any,
    customer: Any,
    n_customers: int,
    stratum: Any,
    n_strata: int,
    found: Any,
    first: int,
    last: int,
) -> None:
    held, copy = _room(starts), _room(starts)
    one, other = np.empty(len(held)), np.empty(len(held))
    sums = np.zeros(n_customers)
    for row in range(first, last):
        n = _orders_of(starts, orders, given[row], held)
        _mark(held, n, starts, orders, items[row], copy, one)
        _mark(held, n, starts, orders, consequents[row], copy, other)
        mean, room = np.zeros((2, n_strata)), np.zeros(n_strata)
        for place in range(n):
            s = stratum[held[place]]
            room[s] += 1
            mean[0, s] += one[place]
            mean[1, s] += other[place]
        by_order, by_customer = 0.0, 0.0
        for place in range(n):
            s = stratum[held[place]]
            score = (one[place] - mean[0, s] / room[s]) * (other[place] - mean[1, s] / room[s])
            by_order += score**2
            sums[customer[held[place]]] += score
        for place in range(n):
            by_customer += sums[customer[held[place]]] ** 2
            sums[customer[held[place]]] = 0.0
        found[row] = max(by_customer / by_order, 1.0) if by_order > 0 else 1.0
