r"""What chance brings together in baskets of these sizes.

Large baskets contain everything, so that over all orders every pair of products looks associated. Orders are therefore
put into strata of like size, and a set of products is expected together within each stratum only. With
:math:`n_s` orders in stratum :math:`s`, the share :math:`P_s(A)` of them with all of A, and falling factorials
:math:`k^{(j)} = k (k-1) \cdots (k-j+1)` of the basket size,

.. math:: E_{AB} = \sum_s n_s P_s(A) P_s(B) \,
    \frac{\overline{k^{(a+b)}}}{\overline{k^{(a)}}\,\overline{k^{(b)}}}
    \left(\frac{\bar k^2}{\bar k^2 - \sum_i F_{si}^2}\right)^{ab}

with a, b the sizes of A and B, and :math:`F_{si}` the share of orders with product i. For two products the factor makes
the expected pairs of the stratum as many as there are: without it a basket of two would expect twice its one pair.
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
    crowding : float array of shape (n_strata,)
        mean(k)^2 / (mean(k)^2 - sum F^2): what popular products take from one another.
    """

    of_order: Ints
    orders: Ints
    crowding: Floats
    _sizes: Ints

    @property
    def n(self) -> int:
        """Number of strata."""
        return len(self.orders)

    def falling(self, power: int) -> Floats:
        """Return the mean falling factorial of the basket size in each stratum."""
        product = np.ones(len(self._sizes))
        for step in range(power):
            product *= np.maximum(self._sizes - step, 0)
        return np.bincount(self.of_order, product, minlength=self.n) / np.maximum(self.orders, 1)

    def factor(self, left: int, right: int, given: int = 0) -> Floats:
        """Return what room in a basket makes of two sets of these sizes, beside ``given`` products that are there."""
        together = self.falling(given + left + right) * self.falling(given)
        apart = self.falling(given + left) * self.falling(given + right)
        ratio = np.divide(together, apart, out=np.zeros(self.n), where=apart > 0)
        return np.asarray(ratio * self.crowding ** (left * right))


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
    squared = _squared_shares(baskets, of_order, orders)
    mean = np.bincount(of_order, sizes, minlength=len(orders)) / np.maximum(orders, 1)
    rest = mean**2 - squared
    crowding = np.divide(mean**2, rest, out=np.ones(len(orders)), where=rest > 1e-9 * mean**2)
    return Strata(of_order=of_order, orders=orders, crowding=crowding, _sizes=sizes)


def _squared_shares(baskets: Baskets, of_order: Ints, orders: Ints) -> Floats:
    """Sum the squared share of every product, in each stratum."""
    held = by_row(baskets.starts, baskets.items, len(baskets.products), dtype=np.float64)
    counts = counted(of_order, np.arange(len(of_order)), len(orders), len(of_order)) @ held
    squares = np.add.reduceat(np.append(counts.data**2, 0.0), np.minimum(counts.indptr[:-1], len(counts.data)))
    return np.asarray(np.where(np.diff(counts.indptr) > 0, squares, 0.0) / np.maximum(orders, 1) ** 2)


def expected(left: Ints, right: Ints, found: Strata, factor: Floats) -> Floats:
    """Return the expected orders with both sides; the sides are counts of shape (n_rules, n_strata)."""
    weights = factor / np.maximum(found.orders, 1)
    return np.asarray(
        np.einsum("is,is,s->i", left.astype(np.float64), right.astype(np.float64), weights, optimize=True)
    )


def upper_tail(count: "Ints | Floats", mean: Floats) -> Floats:
    """Return the chance of a Poisson count at least this high; between whole numbers the gamma function goes on."""
    from scipy.special import gammainc

    return np.where(count > 0, gammainc(np.maximum(count, 1e-300), mean), 1.0)


def lower_tail(count: "Ints | Floats", mean: Floats) -> Floats:
    """Return the chance of a Poisson count at most this high, likewise."""
    from scipy.special import gammaincc

    return np.asarray(gammaincc(count + 1.0, mean))
