"""What each order is followed by: the products of the customer's later orders within a window, and when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from .._encoding import Ints
from .._mining.baskets import Baskets

ROWS = 1 << 22
"""Lines of later orders that are looked at together."""
SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """Orders of known customers whose window is over.

    Attributes
    ----------
    orders : Baskets
        These orders.
    later : Baskets
        Row by row, the products that the same customer bought in later orders within the window.
    gaps : int64 array, one for each product of ``later``
        Seconds from the order to the first of them.
    """

    orders: Baskets
    later: Baskets
    gaps: Ints


def followed(baskets: Baskets, until: datetime, window: timedelta) -> tuple[Followed, int, int]:
    """Look ahead from each order; also returns how many orders were of guests, and how many have an open window."""
    assert baskets.customers is not None
    assert baskets.times is not None
    seconds = baskets.times.astype(np.int64) // SECOND
    known = baskets.customers >= 0
    order = np.lexsort((np.arange(baskets.n_orders), seconds, baskets.customers))
    order = order[known[order]]
    keys, ends, length = _keys(baskets.customers[order], seconds[order], int(window.total_seconds()))
    over = seconds[order] + length <= int(np.datetime64(until, "us").astype(np.int64)) // SECOND
    first, last = np.searchsorted(keys, keys, side="right"), np.searchsorted(keys, ends, side="right")
    rows = np.flatnonzero(over)
    starts, items, gaps = _later(baskets, order, seconds, rows, first, last)
    chosen = order[rows]
    later = replace(baskets, starts=starts, items=items, customers=baskets.customers[chosen], times=None)
    open_window = int((~over).sum())
    return Followed(orders=_taken(baskets, chosen), later=later, gaps=gaps), int((~known).sum()), open_window


def _keys(customer: Ints, seconds: Ints, length: int) -> tuple[Ints, Ints, int]:
    """Make one ascending number of customer and time, and the last one that each window reaches."""
    codes = np.cumsum(np.concatenate([[0], customer[1:] != customer[:-1]])) if len(customer) else customer
    low = int(seconds.min(initial=0)) if len(seconds) else 0
    span = (int(seconds.max()) - low if len(seconds) else 0) + 1
    at = seconds - low
    return codes * span + at, codes * span + np.minimum(at + length, span - 1), length


def _later(
    baskets: Baskets, order: Ints, seconds: Ints, rows: Ints, first: Ints, last: Ints
) -> tuple[Ints, Ints, Ints]:
    """Collect the products of later orders, each with the gap to its first one, a block of orders at a time."""
    sizes = np.concatenate([[0], np.cumsum(baskets.sizes[order])])
    lines = sizes[last[rows]] - sizes[first[rows]]
    parts = [_block(baskets, order, seconds, rows[block], first, last) for block in _blocks(lines)]
    counts, items, gaps = (np.concatenate([np.zeros(0, np.int64), *one]) for one in zip(*parts, strict=True))
    return np.concatenate([[0], np.cumsum(counts)]), items.astype(np.int32), gaps


def _blocks(lines: Ints) -> Iterator[slice]:
    """Cut orders into blocks of about as many later lines; at least one block, which may be empty."""
    cuts = np.cumsum(lines) // ROWS
    edges = [0, *(np.flatnonzero(cuts[1:] != cuts[:-1]) + 1).tolist(), len(lines)]
    for start, stop in pairwise(edges):
        yield slice(start, stop)


def _block(
    baskets: Baskets, order: Ints, seconds: Ints, rows: Ints, first: Ints, last: Ints
) -> tuple[Ints, Ints, Ints]:
    row, later = _ranges(first[rows], last[rows])
    sizes = baskets.sizes[order[later]]
    pair, place = _ranges(np.zeros(len(later), np.int64), sizes)
    item = baskets.items[baskets.starts[order[later]][pair] + place].astype(np.int64)
    gap = (seconds[order[later]] - seconds[order[rows[row]]])[pair]
    sort = np.lexsort((gap, item, row[pair]))
    line, item, gap = row[pair][sort], item[sort], gap[sort]
    fresh = np.ones(len(line), dtype=bool)
    fresh[1:] = (line[1:] != line[:-1]) | (item[1:] != item[:-1])
    return np.bincount(line[fresh], minlength=len(rows)), item[fresh], gap[fresh]


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Write out first, first + 1, ..., last - 1 of each row, and which row each is of."""
    lengths = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    return row, np.arange(len(row)) - before[row] + first[row]


def _taken(baskets: Baskets, orders: Ints) -> Baskets:
    """Keep some orders, in this order."""
    row, place = _ranges(baskets.starts[orders], baskets.starts[orders + 1])
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(orders)))])
    customers: Any = None if baskets.customers is None else baskets.customers[orders]
    return replace(baskets, starts=starts, items=baskets.items[place], customers=customers, times=None)
