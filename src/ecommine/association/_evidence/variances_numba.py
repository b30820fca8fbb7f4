"""The functions of :mod:`.variances`, compiled, on all cores; the formulas are those of :mod:`.clusters`.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from ..._core.arrays import Floats, Ints
from ..._core.threads import core_count, map_on_cores
from .._mining.postings import RuleSide, by_longer_side
from .clusters import Clusters
from .strata import Strata

MIN_RATIO_TO_BISECT = 16
"""A list this many times longer than another is searched by halves rather than walked."""
SHARES_PER_CORE = 8


def stratum_counts(side: RuleSide, strata: Strata) -> Ints:
    """Count the orders with each set by stratum: shape (n_sets, n_strata)."""
    counts = np.zeros((len(side.sets), strata.n_strata), dtype=np.int64)
    lists, stratum = _arrays_of(side), _as_int32(strata.stratum_of_order)
    _run_in_shares(lambda first, last: _count_share(*lists, stratum, counts, first, last), len(counts))
    return counts


def design_effects(
    clusters: Clusters, left: RuleSide, right: RuleSide, left_shares: Floats, right_shares: Floats, strata: Strata
) -> Floats:
    """Compute the design effect of each rule; shares are of shape (n_rules, n_strata)."""
    p, q = np.ascontiguousarray(left_shares), np.ascontiguousarray(right_shares)
    by_customer = sums_of_squares(clusters, left, right, q, p, p * q, strata)
    by_order, stratum = np.empty(len(left.sets)), _as_int32(strata.stratum_of_order)
    arrays = (*_arrays_of(left), *_arrays_of(right), stratum, p, q, strata.n_orders.astype(np.float64), by_order)
    _run_in_shares(lambda first, last: _by_order_share(*arrays, first, last), len(by_order))
    varies = by_order > 0
    return np.maximum(np.divide(by_customer, by_order, out=np.ones(len(varies)), where=varies), 1.0)


def design_effects_within(
    clusters: Clusters, given: RuleSide, item: RuleSide, consequent: RuleSide, *, strata: Strata
) -> Floats:
    """Compute the design effect of an item and a consequent among the orders with a given set."""
    effects = np.empty(len(given.sets))
    customer, stratum = _as_int32(clusters.customer_of_order), _as_int32(strata.stratum_of_order)
    sets = (_as_int32(item.sets), _as_int32(consequent.sets))
    arrays = (*_arrays_of(given), *sets, customer, clusters.n_customers, stratum, strata.n_strata, effects)
    _run_in_shares(lambda first, last: _within_share(*arrays, first, last), len(effects))
    return effects


def sums_of_squares(
    clusters: Clusters,
    left: RuleSide,
    right: RuleSide,
    left_weight: Floats,
    right_weight: Floats,
    constant: Floats,
    strata: Strata,
) -> Floats:
    """Sum the squares of customers' sums for each rule; weights are of shape (n_rules, n_strata)."""
    sums = np.empty(len(left.sets))
    customer, stratum = _as_int32(clusters.customer_of_order), _as_int32(strata.stratum_of_order)
    weights = (np.ascontiguousarray(weight) for weight in (left_weight, right_weight, constant))
    matrices = (*_arrays_of_matrix(clusters.cross), *_arrays_of_matrix(clusters.by_stratum))
    arrays: tuple[Any, ...] = (*_arrays_of(left), *_arrays_of(right), customer, stratum, *weights, *matrices, sums)
    _run_in_shares(partial(_squares_share, *arrays), len(sums))
    return sums


def log_lift_variances(clusters: Clusters, left: RuleSide, right: RuleSide, n_orders: int) -> Floats:
    """Estimate the variance of the logarithm of each lift."""
    variances, share = np.empty(len(left.sets)), clusters.n_orders / n_orders
    customer = _as_int32(clusters.customer_of_order)
    for short, long, rows in by_longer_side(left, right):
        part = np.empty(len(rows))
        arrays = (*_arrays_of(short), *_arrays_of(long), customer, share, part)
        _run_in_shares(partial(_variances_share, *arrays), len(rows))
        variances[rows] = part
    return variances * clusters.n_customers / max(clusters.n_customers - 1, 1)


def _run_in_shares(work: Callable[[int, int], None], n: int) -> None:
    cuts = np.linspace(0, n, min(SHARES_PER_CORE * core_count(), max(n, 1)) + 1).astype(int).tolist()
    map_on_cores(work, cuts[:-1], cuts[1:])


def _as_int32(numbers: Ints) -> Ints:
    return np.ascontiguousarray(numbers, dtype=np.int32)


def _arrays_of_matrix(matrix: Any) -> tuple[Ints, Ints, Floats]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float64)


def _arrays_of(side: RuleSide) -> tuple[Ints, Ints, Ints]:
    return side.postings.starts.astype(np.int64), _as_int32(side.postings.orders), _as_int32(side.sets)


@njit(nogil=True, cache=True)
def _intersect(buffer: Any, n: int, starts: Any, orders: Any, item: int) -> int:
    """Keep those of the first n orders that also hold an item, in place, and count them."""
    position, end = starts[item], starts[item + 1]
    bisects = end - position > MIN_RATIO_TO_BISECT * n
    kept = 0
    for i in range(n):
        order = buffer[i]
        if bisects:
            last = end
            while position < last:
                middle = (position + last) >> 1
                if orders[middle] < order:
                    position = middle + 1
                else:
                    last = middle
        else:
            while position < end and orders[position] < order:
                position += 1
        if position < end and orders[position] == order:
            buffer[kept] = order
            kept += 1
    return kept


@njit(nogil=True, cache=True)
def _write_orders(starts: Any, orders: Any, items: Any, buffer: Any) -> Any:
    """Write the orders with all items, ascending, and count them."""
    shortest = items[0]
    for item in items:
        if starts[item + 1] - starts[item] < starts[shortest + 1] - starts[shortest]:
            shortest = item
    n = starts[shortest + 1] - starts[shortest]
    for i in range(n):
        buffer[i] = orders[starts[shortest] + i]
    for item in items:
        if item != shortest:
            n = _intersect(buffer, n, starts, orders, item)
    return n


@njit(nogil=True, cache=True)
def _buffer(starts: Any) -> Any:
    longest = np.int64(0)
    for item in range(len(starts) - 1):
        longest = max(longest, starts[item + 1] - starts[item])
    return np.empty(longest, dtype=np.int32)


@njit(nogil=True, cache=True)
def _count_share(starts: Any, orders: Any, sets: Any, stratum: Any, result: Any, first: int, last: int) -> None:
    buffer = _buffer(starts)
    for row in range(first, last):
        for i in range(_write_orders(starts, orders, sets[row], buffer)):
            result[row, stratum[buffer[i]]] += 1


@njit(nogil=True, cache=True)
def _add_common(left: Any, n_left: int, right: Any, n_right: int, customer: Any, sums: Any, weight: float) -> None:
    """Add a weight to the customer of each order that is in both lists."""
    position = 0
    for i in range(n_left):
        order = left[i]
        while position < n_right and right[position] < order:
            position += 1
        if position < n_right and right[position] == order:
            sums[customer[order]] += weight


@njit(nogil=True, cache=True)
def _variances_share(  # noqa: C901  # c loop nest, kept in c piece for the compiler
    short_starts: Any,
    short_orders: Any,
    short_sets: Any,
    long_starts: Any,
    long_orders: Any,
    long_sets: Any,
    customer: Any,
    share: Any,
    result: Any,
    first: int,
    last: int,
) -> None:
    """Sum up squares and products of customers' orders; only the short side is walked, once for each rule."""
    long, short = _buffer(long_starts), _buffer(short_starts)
    n_long, long_long, long_share = 0, 0.0, 0.0
    is_long, with_long = np.zeros(len(customer), dtype=np.bool_), np.zeros(len(share), dtype=np.int64)
    with_short, with_both = np.zeros(len(share), dtype=np.int64), np.zeros(len(share), dtype=np.int64)
    share_squares = (share * share).sum()
    for row in range(first, last):
        if row == first or (long_sets[row] != long_sets[row - 1]).any():
            for i in range(n_long):
                is_long[long[i]] = False
                with_long[customer[long[i]]] = 0
            n_long = _write_orders(long_starts, long_orders, long_sets[row], long)
            long_long, long_share = 0.0, 0.0
            for i in range(n_long):
                is_long[long[i]] = True
                with_long[customer[long[i]]] += 1
            for i in range(n_long):
                long_long += with_long[customer[long[i]]]
                long_share += share[customer[long[i]]]
        n_short = _write_orders(short_starts, short_orders, short_sets[row], short)
        n_both, short_long, both_long, short_share, both_share = 0, 0.0, 0.0, 0.0, 0.0
        for i in range(n_short):
            c = customer[short[i]]
            with_short[c] += 1
            short_long += with_long[c]
            short_share += share[c]
            if is_long[short[i]]:
                n_both += 1
                with_both[c] += 1
                both_long += with_long[c]
                both_share += share[c]
        short_short, both_short, both_both = 0.0, 0.0, 0.0
        for i in range(n_short):
            c = customer[short[i]]
            short_short += with_short[c]
            if is_long[short[i]]:
                both_short += with_short[c]
                both_both += with_both[c]
        for i in range(n_short):
            with_short[customer[short[i]]] = 0
            with_both[customer[short[i]]] = 0
        result[row] = (
            both_both / n_both / n_both
            + short_short / n_short / n_short
            + long_long / n_long / n_long
            + share_squares
            + 2 * short_long / n_short / n_long
            - 2 * (both_short / n_both / n_short + both_long / n_both / n_long)
            + 2 * (both_share / n_both - short_share / n_short - long_share / n_long)
        )


@njit(nogil=True, cache=True)
def _squares_of_orders(
    left: Any, n_left: int, right: Any, n_right: int, stratum: Any, p: Any, q: Any, n_orders: Any
) -> float:
    """Sum the squares of single orders: of both, of one side, of the other, of neither, by stratum."""
    n = len(n_orders)
    a, b, ab = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n_left):
        a[stratum[left[i]]] += 1
    for i in range(n_right):
        b[stratum[right[i]]] += 1
    position = 0
    for i in range(n_left):
        while position < n_right and right[position] < left[i]:
            position += 1
        if position < n_right and right[position] == left[i]:
            ab[stratum[left[i]]] += 1
    total = 0.0
    for s in range(n):
        total += ab[s] * ((1 - p[s]) * (1 - q[s])) ** 2 + (a[s] - ab[s]) * ((1 - p[s]) * q[s]) ** 2
        total += (b[s] - ab[s]) * (p[s] * (1 - q[s])) ** 2 + (n_orders[s] - a[s] - b[s] + ab[s]) * (p[s] * q[s]) ** 2
    return total


@njit(nogil=True, cache=True)
def _by_order_share(
    left_starts: Any,
    left_orders: Any,
    left_sets: Any,
    right_starts: Any,
    right_orders: Any,
    right_sets: Any,
    stratum: Any,
    left_shares: Any,
    right_shares: Any,
    n_orders: Any,
    result: Any,
    first: int,
    last: int,
) -> None:
    left, right = _buffer(left_starts), _buffer(right_starts)
    for row in range(first, last):
        n_left = _write_orders(left_starts, left_orders, left_sets[row], left)
        n_right = _write_orders(right_starts, right_orders, right_sets[row], right)
        p, q = left_shares[row], right_shares[row]
        result[row] = _squares_of_orders(left, n_left, right, n_right, stratum, p, q, n_orders)


@njit(nogil=True, cache=True)
def _squares_share(
    left_starts: Any,
    left_orders: Any,
    left_sets: Any,
    right_starts: Any,
    right_orders: Any,
    right_sets: Any,
    customer: Any,
    stratum: Any,
    left_weight: Any,
    right_weight: Any,
    constant: Any,
    cross_starts: Any,
    cross_strata: Any,
    cross: Any,
    customer_starts: Any,
    customer_strata: Any,
    customer_orders: Any,
    result: Any,
    first: int,
    last: int,
) -> None:
    left, right = _buffer(left_starts), _buffer(right_starts)
    n_customers = len(customer_starts) - 1
    sums, last_row = np.zeros(n_customers), np.full(n_customers, -1, dtype=np.int64)
    for row in range(first, last):
        weight_a, weight_b, offset = left_weight[row], right_weight[row], constant[row]
        n_left = _write_orders(left_starts, left_orders, left_sets[row], left)
        n_right = _write_orders(right_starts, right_orders, right_sets[row], right)
        _add_common(left, n_left, right, n_right, customer, sums, 1.0)
        for i in range(n_left):
            sums[customer[left[i]]] -= weight_a[stratum[left[i]]]
        for i in range(n_right):
            sums[customer[right[i]]] -= weight_b[stratum[right[i]]]
        total, of_others = 0.0, 0.0
        for s in np.flatnonzero(offset):
            for cell in range(cross_starts[s], cross_starts[s + 1]):
                of_others += offset[s] * cross[cell] * offset[cross_strata[cell]]
        for i in range(n_left + n_right):
            c = customer[left[i]] if i < n_left else customer[right[i - n_left]]
            if last_row[c] != row:
                last_row[c] = row
                own_offset = 0.0
                for cell in range(customer_starts[c], customer_starts[c + 1]):
                    own_offset += customer_orders[cell] * offset[customer_strata[cell]]
                total += (sums[c] + own_offset) ** 2
                of_others -= own_offset**2
                sums[c] = 0.0
        result[row] = total + max(of_others, 0.0)


@njit(nogil=True, cache=True)
def _mark(buffer: Any, n: int, starts: Any, orders: Any, items: Any, copy: Any, mask: Any) -> None:
    """Write which of the first n orders hold all items, as 0 and 1."""
    for i in range(n):
        copy[i] = buffer[i]
        mask[i] = 0.0
    n_kept = n
    for item in items:
        n_kept = _intersect(copy, n_kept, starts, orders, item)
    position = 0
    for i in range(n_kept):
        while buffer[position] != copy[i]:
            position += 1
        mask[position] = 1.0


@njit(nogil=True, cache=True)
def _within_share(
    starts: Any,
    orders: Any,
    given: Any,
    items: Any,
    consequents: Any,
    customer: Any,
    n_customers: int,
    stratum: Any,
    n_strata: int,
    result: Any,
    first: int,
    last: int,
) -> None:
    buffer, copy = _buffer(starts), _buffer(starts)
    with_item, with_consequent = np.empty(len(buffer)), np.empty(len(buffer))
    sums = np.zeros(n_customers)
    for row in range(first, last):
        n = _write_orders(starts, orders, given[row], buffer)
        _mark(buffer, n, starts, orders, items[row], copy, with_item)
        _mark(buffer, n, starts, orders, consequents[row], copy, with_consequent)
        mean, n_orders = np.zeros((2, n_strata)), np.zeros(n_strata)
        for i in range(n):
            s = stratum[buffer[i]]
            n_orders[s] += 1
            mean[0, s] += with_item[i]
            mean[1, s] += with_consequent[i]
        by_order, by_customer = 0.0, 0.0
        for i in range(n):
            s = stratum[buffer[i]]
            score = (with_item[i] - mean[0, s] / n_orders[s]) * (with_consequent[i] - mean[1, s] / n_orders[s])
            by_order += score**2
            sums[customer[buffer[i]]] += score
        for i in range(n):
            by_customer += sums[customer[buffer[i]]] ** 2
            sums[customer[buffer[i]]] = 0.0
        result[row] = max(by_customer / by_order, 1.0) if by_order > 0 else 1.0
