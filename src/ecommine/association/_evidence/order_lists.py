"""The orders with each of many sets of products, as lists of numbers that keep the orders of a customer together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Ints
from .._mining.postings import Postings
from .._mining.sparse import expand_ranges
from .._mining.tree import ItemsetIndex, Level
from .clusters import Clusters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderLists:
    """Lists of orders one after the other, each ascending by the number of :class:`.clusters.Clusters`.

    A run is the part of a list that is of one customer.

    Attributes
    ----------
    starts : int64 array of shape (n_lists + 1,)
        Where each list starts in ``orders``.
    orders, stratum : int32 arrays
        The number of each order, and its stratum.
    run : int32 array
        Which run of its list each order is in, from 0.
    run_starts : int64 array of shape (n_lists + 1,)
        Where the runs of each list start in ``run_customer`` and ``run_size``.
    run_customer, run_size : int32 and float arrays
        The customer of each run, and its number of orders.
    """

    starts: Ints
    orders: Ints
    stratum: Ints
    run: Ints
    run_starts: Ints
    run_customer: Ints
    run_size: "np.ndarray[tuple[int], np.dtype[np.float64]]"

    @classmethod
    def make(cls, lists: Sequence[Ints], clusters: Clusters) -> "OrderLists":
        """Put lists of numbers one after the other, and find the runs of customers in each."""
        sizes = np.array([len(orders) for orders in lists], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        orders = np.concatenate([np.zeros(0, np.int32), *lists]).astype(np.int32, copy=False)
        customer = clusters.customer[orders]
        is_first = np.ones(len(orders), dtype=bool)
        np.not_equal(customer[1:], customer[:-1], out=is_first[1:])
        is_first[starts[:-1][sizes > 0]] = True
        firsts = np.flatnonzero(is_first)
        run_starts = np.searchsorted(firsts, starts)
        run = np.cumsum(is_first, dtype=np.int64) - 1 - np.repeat(run_starts[:-1], sizes)
        return cls(
            starts=starts,
            orders=orders,
            stratum=clusters.stratum[orders],
            run=run.astype(np.int32),
            run_starts=run_starts,
            run_customer=customer[firsts],
            run_size=np.diff(np.append(firsts, len(orders))).astype(np.float64),
        )

    @property
    def sizes(self) -> Ints:
        """Orders of each list."""
        return np.diff(self.starts)

    def slice_of(self, position: int) -> slice:
        """Return where a list stands in ``orders``."""
        return slice(int(self.starts[position]), int(self.starts[position + 1]))

    def runs_of(self, position: int) -> slice:
        """Return where the runs of a list stand."""
        return slice(int(self.run_starts[position]), int(self.run_starts[position + 1]))

    def take(self, positions: Ints) -> "OrderLists":
        """Return some of the lists."""
        entry = expand_ranges(self.starts[positions], self.starts[positions + 1])[1]
        run = expand_ranges(self.run_starts[positions], self.run_starts[positions + 1])[1]
        return OrderLists(
            starts=_starts(self.starts, positions),
            orders=self.orders[entry],
            stratum=self.stratum[entry],
            run=self.run[entry],
            run_starts=_starts(self.run_starts, positions),
            run_customer=self.run_customer[run],
            run_size=self.run_size[run],
        )

    def count_by_stratum(self, n_strata: int) -> Ints:
        """Count the orders of each list by stratum: shape (n_lists, n_strata)."""
        row = np.repeat(np.arange(len(self.starts) - 1), self.sizes)
        counts = np.bincount(row * n_strata + self.stratum, minlength=(len(self.starts) - 1) * n_strata)
        return counts.reshape(-1, n_strata)


def _starts(starts: Ints, positions: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(starts[positions + 1] - starts[positions])])


def lists_of_products(postings: Postings, products: Iterable[int], clusters: Clusters) -> list[Ints]:
    """List the orders with each product."""
    return [np.sort(clusters.number_of_order[postings.orders_with([product])]) for product in products]


def lists_of_itemsets(
    postings: Postings, levels: Sequence[Level], index: ItemsetIndex, clusters: Clusters
) -> list[Ints]:
    """List the orders with each itemset, level by level: those of the set without its most frequent product, thinned.

    Every subset of an itemset must be in the index.
    """
    lists: list[Ints] = []
    n_orders = np.diff(postings.starts)
    for level, hashes in zip(levels, index.hashes, strict=True):
        if level.size == 1:
            lists += lists_of_products(postings, level.items[:, 0].tolist(), clusters)
            row_of_product = np.zeros(len(n_orders), dtype=np.int64)
            row_of_product[level.items[:, 0]] = np.arange(len(level.items))
            continue
        most_frequent = level.items[np.arange(len(level.items)), n_orders[level.items].argmax(axis=1)]
        rest = index.find(hashes - index.weights[most_frequent])
        lists += _thin(lists, rest, row_of_product[most_frequent], postings.n_orders)
    return lists


def _thin(lists: Sequence[Ints], rows: Ints, others: Ints, n_orders: int) -> list[Ints]:
    """Keep, of each of some lists, the orders that are in another one too."""
    common: list[Ints] = [np.zeros(0, np.int32)] * len(rows)
    is_member, previous = np.zeros(n_orders, dtype=bool), -1
    for position in np.argsort(others, kind="stable").tolist():
        if others[position] != previous:
            if previous >= 0:
                is_member[lists[previous]] = False
            previous = int(others[position])
            is_member[lists[previous]] = True
        orders = lists[rows[position]]
        common[position] = orders[is_member[orders]]
    return common
