r"""What chance brings together in baskets of these sizes.

Large baskets contain everything, so that over all orders every pair of products looks associated. Orders are therefore
put into strata of like size. In a stratum of :math:`n_s` orders with shares :math:`P_s`, sets A and B are expected in

.. math:: E_{s,AB} = n_s P_s(A) P_s(B) \Bigl[1 - a_s \sum_{i \in A} (1 - P_{si}) \sum_{j \in B} (1 - P_{sj})\Bigr]

orders: products take room from one another, the less the more certain they are. This is the joint inclusion
probability of a sample of fixed size (Hájek 1964), with :math:`a_s` such that as many pairs are expected as there are:

.. math:: a_s = \frac{\bar k^2 - \sum_i P_{si}^2 - \overline{k (k - 1)}}{(\sum_i v_{si})^2 - \sum_i v_{si}^2},
    \qquad v_{si} = P_{si} (1 - P_{si})

with k the basket size. Without it a basket of two would expect twice its one pair; where sizes within a stratum differ
much, a is below zero, and pairs are expected more often.

References
----------
Hájek, J. (1964). Asymptotic theory of rejective sampling with varying probabilities from a finite population. Annals of
Mathematical Statistics 35(4), 1491-1523. https://doi.org/10.1214/aoms/1177700375
"""

from dataclasses import dataclass

import numpy as np

from ._baskets import Baskets
from ._encoding import Ints
from ._measures import Floats
from ._sparse import by_row, counted

STRATUM = 200
"""The fewest orders of a stratum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Orders by basket size.

    Attributes
    ----------
    of_order : int32 array of shape (n_orders,)
        The stratum of each order.
    orders : int64 array of shape (n_strata,)
        Orders in each.
    with_pairs : float array of shape (n_strata,)
        The same, but 0 where every order holds a single product, so that nothing can be together.
    crowding : float array of shape (n_strata,)
        What products take from one another, the a of the module's formula.
    """

    of_order: Ints
    orders: Ints
    with_pairs: Floats
    crowding: Floats

    @property
    def n(self) -> int:
        """Number of strata."""
        return len(self.orders)

    def shares(self, counts: Ints) -> Floats:
        """Turn counts by stratum into shares of its orders."""
        return np.asarray(counts / np.maximum(self.orders, 1))


def strata(baskets: Baskets) -> Strata:
    """Put orders of like size together, at least 200 in each stratum."""
    sizes = baskets.sizes
    counts = np.bincount(sizes)
    stratum_of_size, stratum, held = np.zeros(len(counts), dtype=np.int32), 0, 0
    for size in np.flatnonzero(counts):
        if held >= STRATUM and counts[size:].sum() >= STRATUM:
            stratum, held = stratum + 1, 0
        stratum_of_size[size] = stratum
        held += counts[size]
    of_order = stratum_of_size[sizes]
    orders = np.bincount(of_order, minlength=stratum + 1)
    room = np.maximum(orders, 1)
    mean, pairs = (np.bincount(of_order, one, minlength=len(orders)) / room for one in (sizes, sizes * (sizes - 1.0)))
    second, third, fourth = _powers(baskets, of_order, orders)
    uncertain = (mean - second) ** 2 - (second - 2 * third + fourth)
    excess = mean**2 - second - pairs
    crowding = np.divide(excess, uncertain, out=np.zeros(len(orders)), where=uncertain > 1e-9 * mean**2)
    return Strata(of_order=of_order, orders=orders, with_pairs=np.where(pairs > 0, orders, 0.0), crowding=crowding)


def _powers(baskets: Baskets, of_order: Ints, orders: Ints) -> list[Floats]:
    """Sum the second, third and fourth powers of the shares of all products, in each stratum."""
    held = by_row(baskets.starts, baskets.items, len(baskets.products), dtype=np.float64)
    counts = counted(of_order, np.arange(len(of_order)), len(orders), len(of_order)) @ held
    shares = counts.data / np.repeat(np.maximum(orders, 1), np.diff(counts.indptr))
    stratum = np.repeat(np.arange(len(orders)), np.diff(counts.indptr))
    return [np.bincount(stratum, shares**power, minlength=len(orders)).astype(np.float64) for power in (2, 3, 4)]


def expected(left: Floats, right: Floats, left_room: Floats, right_room: Floats, found: Strata) -> Floats:
    """Return the expected orders with both sides.

    The sides are shares by stratum, shape (n_rules, n_strata), and their rooms the sums of 1 - P over their products.
    """
    together = left * right * (1 - found.crowding * left_room * right_room)
    return within_margins((together * found.with_pairs).sum(axis=1), left @ found.orders, right @ found.orders)


def within_margins(mean: Floats, left: Floats, right: Floats) -> Floats:
    """Keep an approximation between none and all of the orders of the rarer side."""
    return np.asarray(np.clip(mean, 0.0, np.minimum(left, right)))


def upper_tail(count: "Ints | Floats", mean: Floats) -> Floats:
    """Return the chance of a Poisson count at least this high; between whole numbers the gamma function goes on."""
    from scipy.special import gammainc

    return np.where(count > 0, gammainc(np.maximum(count, 1e-300), mean), 1.0)


def lower_tail(count: "Ints | Floats", mean: Floats) -> Floats:
    """Return the chance of a Poisson count at most this high, likewise."""
    from scipy.special import gammaincc

    return np.asarray(gammaincc(count + 1.0, mean))
