r"""What chance brings together in baskets of these sizes.

Large baskets contain everything, so that over all orders every pair of products looks associated. Orders are therefore
put into strata of like size, and on demand of one season, since products of one season meet for no other reason. In a
stratum of :math:`n_s` orders with shares :math:`P_s`, sets A and B are expected in

.. math:: E_{s,AB} = n_s P_s(A) P_s(B) \Bigl[1 - a_s \sum_{i \in A} (1 - P_{si}) \sum_{j \in B} (1 - P_{sj})\Bigr]

orders: products take room from one another, the less the more certain they are. This is the joint inclusion
probability of a sample of fixed size (Hájek 1964), with :math:`a_s` such that as many pairs are expected as there are:

.. math:: a_s = \frac{\bar k^2 - \sum_i P_{si}^2 - \overline{k (k - 1)}}{(\sum_i v_{si})^2 - \sum_i v_{si}^2},
    \qquad v_{si} = P_{si} (1 - P_{si})

with k the basket size. Where the bracket would take more than a half, x, what is left is 1 / (4 x), above zero. Without
it a basket of two would expect twice its one pair; where sizes within a stratum differ much, a is below zero, and pairs
are expected more often.

References
----------
Hájek, J. (1964). Asymptotic theory of rejective sampling with varying probabilities from a finite population. Annals of
Mathematical Statistics 35(4), 1491-1523. https://doi.org/10.1214/aoms/1177700375

Bishop, Y. M. M., Fienberg, S. E. and Holland, P. W. (1975). Discrete Multivariate Analysis. MIT Press. (The model
without an interaction of all three, here of size, season and product.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._encoding import Ints
from .._mining.baskets import Baskets
from .._mining.sparse import by_row, counted
from .._output.measures import Floats

HALF = 0.5
Season = Literal["week", "month", "quarter"]
SEASONS = ("week", "month", "quarter", None)
STRATUM = 200
"""The fewest orders of a size, and of a season."""
FITS = 4
ROUNDS = 4
"""Newton's steps for the strata, and for the margins of a product; one more changes no third digit."""
FAR = 18.0
"""Log odds of what never or always happens."""
CELLS = 1 << 20
"""Shares computed at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Orders by basket size, and by season within each size; seasons are neighbours.

    Attributes
    ----------
    of_order : int32 array of shape (n_orders,)
        The stratum of each order.
    orders : int64 array of shape (n_strata,)
        Orders in each.
    with_pairs : float array of shape (n_strata,)
        The same, but 0 where every order of the size holds a single product, so that nothing can be together.
    crowding : float array of shape (n_strata,)
        What products take from one another, the a of the module's formula; all seasons of a size have one.
    fit : float array of shape (n_sizes, n_seasons)
        What is added to the log odds of a product, so that the shares of all sum up to the mean size of the orders.
    """

    of_order: Ints
    orders: Ints
    with_pairs: Floats
    crowding: Floats
    fit: Floats

    @property
    def n(self) -> int:
        """Number of strata."""
        return len(self.orders)

    def shares(self, counts: Ints, among: "Ints | None" = None, *, size: int = 1) -> Floats:
        """Turn counts of sets by stratum, shape (n_sets, n_strata), into shares of all orders or of those ``among``.

        Sizes and seasons together make cells of few orders. The log odds of a share are therefore a sum: a term of the
        size and one of the season, fitted to the counts of both, and the stratum's for each of ``size`` products.
        """
        return _shares(counts, self.orders if among is None else among, size * self.fit)


def strata(baskets: Baskets, season: Season | None = None) -> Strata:
    """Put orders of like size together, at least 200, and apart the seasons, likewise."""
    sizes = _pooled(baskets.sizes)
    seasons = np.zeros_like(sizes) if season is None else _pooled(_seasons(baskets, season))
    n_sizes, n_seasons = (int(one.max(initial=0)) + 1 for one in (sizes, seasons))
    of_order, n = sizes * np.int32(n_seasons) + seasons, n_sizes * n_seasons
    orders = np.bincount(of_order, minlength=n)
    counts = _by_product(baskets, of_order, n)
    fit = _fitted(counts, orders, np.bincount(of_order, baskets.sizes, minlength=n), (n_sizes, n_seasons))
    first, second, third, fourth = _powers(counts, orders, fit)

    def by_size(one: "np.ndarray[Any, Any]") -> Floats:
        return np.asarray(one.reshape(n_sizes, n_seasons).sum(axis=1))

    pairs = by_size(np.bincount(of_order, baskets.sizes * (baskets.sizes - 1.0), minlength=n))
    excess = by_size(orders * (first**2 - second)) - pairs
    uncertain = by_size(orders * ((first - second) ** 2 - (second - 2 * third + fourth)))
    known = uncertain > 1e-9 * by_size(orders * first**2)
    crowding = np.divide(excess, uncertain, out=np.zeros(n_sizes), where=known)
    return Strata(
        of_order=of_order,
        orders=orders,
        with_pairs=np.where(np.repeat(pairs > 0, n_seasons), orders, 0.0),
        crowding=np.repeat(crowding, n_seasons),
        fit=fit,
    )


def _seasons(baskets: Baskets, season: Season) -> Ints:
    """Return the week (from Monday), month or quarter of each order, numbered from the first one."""
    if baskets.times is None:
        raise ValueError("`season` needs the times of orders, which itemsets do not hold: give the orders instead")
    months = baskets.times.astype("datetime64[M]").astype(np.int64)
    days = baskets.times.astype("datetime64[D]").astype(np.int64)
    numbers: Ints = {"week": (days + 3) // 7, "month": months, "quarter": months // 3}[season]
    return np.asarray(numbers - numbers.min(initial=np.iinfo(np.int64).max))


def _pooled(values: Ints) -> Ints:
    """Pool neighbouring values until each pool has 200 orders or more; numbers the pools."""
    counts = np.bincount(values)
    pools, pool, held, left = np.zeros(len(counts), dtype=np.int32), 0, 0, len(values)
    for value in np.flatnonzero(counts):
        if held >= STRATUM and left >= STRATUM:
            pool, held = pool + 1, 0
        pools[value] = pool
        held, left = held + counts[value], left - counts[value]
    return pools[values]


def _shares(counts: Ints, among: Ints, fit: Floats) -> Floats:
    if fit.shape[1] == 1:
        return np.asarray(counts / np.maximum(among, 1))
    cells, orders = (one.reshape(*one.shape[:-1], *fit.shape).astype(np.float64) for one in (counts, among))
    of_size, of_season = (_odds(cells, orders, axis) for axis in (-1, -2))
    whole = _odds(cells, orders, (-1, -2))
    for _ in range(ROUNDS):
        found = _expit(of_size + of_season - whole + fit)
        of_season += _step(cells, orders, found, -2)
        found = _expit(of_size + of_season - whole + fit)
        of_size += _step(cells, orders, found, -1)
    return np.asarray(_expit(of_size + of_season - whole + fit).reshape(counts.shape))


def _odds(cells: Floats, orders: Floats, axis: "int | tuple[int, int]") -> Floats:
    """Return the logarithm of the odds of a margin; what never or always happens is far, but finite."""
    held, all_orders = cells.sum(axis=axis, keepdims=True), orders.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(held) - np.log(all_orders - held)
    return np.asarray(np.clip(np.nan_to_num(odds, nan=0.0), -FAR, FAR))


def _expit(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -FAR, FAR))))


def _step(cells: Floats, orders: Floats, found: Floats, axis: int) -> Floats:
    """Return Newton's step that brings the fitted margin to the one that is there."""
    missing = ((cells - orders * found).sum(axis=axis, keepdims=True)).astype(np.float64)
    slope = np.asarray((orders * found * (1 - found)).sum(axis=axis, keepdims=True))
    step: Floats = np.divide(missing, slope, out=np.zeros(missing.shape), where=slope > 1e-9)
    return np.asarray(np.clip(step, -2.0, 2.0))


def _by_product(baskets: Baskets, of_order: Ints, n: int) -> Any:
    """Count the orders with each product, stratum by stratum: a sparse matrix of strata by products."""
    held = by_row(baskets.starts, baskets.items, len(baskets.products), dtype=np.float64)
    return (counted(of_order, np.arange(len(of_order)), n, len(of_order)) @ held).tocsc()


def _blocks(counts: Any, orders: Ints, fit: Floats) -> Iterator[Floats]:
    """Compute the shares of all products, some at a time: shape (n_products, n_strata)."""
    step = max(CELLS // len(orders), 1)
    for low in range(0, counts.shape[1], step):
        yield _shares(counts[:, low : low + step].toarray().T, orders, fit)


def _fitted(counts: Any, orders: Ints, products: Ints, shape: tuple[int, int]) -> Floats:
    """Find what makes the shares of all products sum up to the mean size of each stratum's orders: log odds."""
    fit = np.zeros(shape)
    if shape[1] == 1:
        return fit
    mean = (products / np.maximum(orders, 1)).reshape(shape)
    for _ in range(FITS):
        sums, slopes = np.zeros(len(orders)), np.zeros(len(orders))
        for shares in _blocks(counts, orders, fit):
            sums += shares.sum(axis=0)
            slopes += (shares * (1 - shares)).sum(axis=0)
        gap, slope = mean - sums.reshape(shape), slopes.reshape(shape)
        step = np.divide(gap, slope, out=np.zeros(shape), where=(slope > 1e-9) & (mean > 0))
        fit = fit + np.clip(step, -2.0, 2.0)
    return fit


def _powers(counts: Any, orders: Ints, fit: Floats) -> list[Floats]:
    """Sum the first four powers of the shares of all products, in each stratum."""
    sums = np.zeros((4, len(orders)))
    for shares in _blocks(counts, orders, fit):
        power = np.ones_like(shares)
        for place in range(4):
            power *= shares
            sums[place] += power.sum(axis=0)
    return list(sums)


def expected(left: Floats, right: Floats, left_room: Floats, right_room: Floats, found: Strata) -> Floats:
    """Return the expected orders with both sides.

    The sides are shares by stratum, shape (n_rules, n_strata), and their rooms the sums of 1 - P over their products.
    """
    together = left * right * left_over(found.crowding * left_room * right_room)
    return within_margins((together * found.with_pairs).sum(axis=1), left @ found.orders, right @ found.orders)


def left_over(taken: Floats) -> Floats:
    """Return the room that products leave each other, 1 less what they take; from a half on it falls more slowly.

    Where one or two products fill most orders, the approximation takes more than there is.
    """
    return np.asarray(np.where(taken <= HALF, 1 - taken, HALF**2 / np.maximum(taken, HALF)))


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
