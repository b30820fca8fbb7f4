r"""Strata of orders by basket size, and on demand by season, with the share of orders of each that hold a product.

Sizes and seasons together make cells of few orders. Where there are seasons, the log odds of a share are therefore a
sum without an interaction: a term of the size, one of the season, both fitted to the counts, and one of the stratum
that all products have in common.

References
----------
Bishop, Y. M. M., Fienberg, S. E. and Holland, P. W. (1975). Discrete Multivariate Analysis. MIT Press. (The model
without an interaction of all three, here of size, season and product.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.threads import MIN_CELLS_FOR_SHARES, map_on_cores
from .._mining.baskets import Baskets
from .._mining.sparse import count_cells, matrix_by_row
from .conditions import Conditions, period_numbers
from .margins import MARGIN_STEPS, MAX_STEP, fit_margins

MIN_RATIO_OF_SIZES = 1.2
"""Sizes of orders that differ by less are pooled where there are seasons too, since both together make many strata."""
MIN_ORDERS_PER_SIZE = 200
MIN_ORDERS_PER_SEASON = 50
"""The fewest orders of a basket size, and of a season, which neighbours are pooled to reach."""
UNCONDITIONAL = Conditions()
STRATUM_STEPS = 4
"""Newton's steps for the log odds that all products of a stratum have in common; one more changes no third digit."""
MARGIN_STEPS_FOR_OFFSET = 2
"""Newton's steps for the margins of a product on the way there."""
CELLS_PER_FIT = 1 << 15
"""Shares fitted together: they stay in the processor's cache."""
CELLS_PER_BLOCK = 1 << 20
"""Shares computed at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Orders by basket size, and by season within each size; seasons are neighbours.

    Attributes
    ----------
    stratum_of_order : int32 array of shape (n_orders,)
        The stratum of each order.
    n_orders : int64 array of shape (n_strata,)
        Orders in each.
    n_orders_with_pairs : float array of shape (n_strata,)
        The same, but 0 where every order of the size holds a single product, so that there are no pairs.
    crowding : float array of shape (n_strata,)
        How much products take from one another's room, a in :mod:`.expected`; all seasons of a size have one.
    log_odds_offset : float array of shape (n_sizes, n_seasons)
        Added to the log odds of a product, so that the shares of all add up to the mean size of the orders.
    """

    stratum_of_order: Ints
    n_orders: Ints
    n_orders_with_pairs: Floats
    crowding: Floats
    log_odds_offset: Floats

    @property
    def n_strata(self) -> int:
        """Number of strata."""
        return len(self.n_orders)

    def count(self, orders: Ints) -> Ints:
        """Count some of the orders by stratum: shape (n_strata,)."""
        return np.bincount(self.stratum_of_order[orders], minlength=self.n_strata)

    def shares(self, counts: Ints, among: "Ints | None" = None, *, size: int = 1) -> Floats:
        """Compute the shares of orders that hold sets of ``size`` products.

        Parameters
        ----------
        counts : int array of shape (n_sets, n_strata)
            Orders with each set.
        among : int array of shape (n_sets, n_strata) or (n_strata,), optional
            The orders that it is a share of; all of the stratum by default.
        size : int
            Products of each set.

        Returns
        -------
        float array of shape (n_sets, n_strata)
        """
        return _shares(counts, self.n_orders if among is None else among, size * self.log_odds_offset)


def stratify_orders(baskets: Baskets, conditions: Conditions = UNCONDITIONAL) -> Strata:
    """Put orders of like size together, at least 200, and those of a period."""
    season_pool: Ints = np.zeros(baskets.n_orders, dtype=np.int32)
    if conditions.period is not None and baskets.times is not None:
        season_pool = _pool_neighbours(period_numbers(baskets.times, conditions.period), MIN_ORDERS_PER_SEASON)
    min_ratio = MIN_RATIO_OF_SIZES if season_pool.any() else 1.0
    size_pool = _pool_neighbours(baskets.sizes, MIN_ORDERS_PER_SIZE, min_ratio=min_ratio)
    n_sizes, n_seasons = (int(pool.max(initial=0)) + 1 for pool in (size_pool, season_pool))
    stratum_of_order, n_strata = size_pool * np.int32(n_seasons) + season_pool, n_sizes * n_seasons
    n_orders = np.bincount(stratum_of_order, minlength=n_strata)
    counts = _count_products(baskets, stratum_of_order, n_strata)
    n_products = np.bincount(stratum_of_order, baskets.sizes, minlength=n_strata)
    offset = _fit_offset(counts, n_orders, n_products, (n_sizes, n_seasons))
    n_pairs = np.bincount(stratum_of_order, baskets.sizes * (baskets.sizes - 1.0), minlength=n_strata)
    pairs_by_size = n_pairs.reshape(n_sizes, n_seasons).sum(axis=1)
    crowding = _crowding(_sum_powers(counts, n_orders, offset), n_orders, pairs_by_size, (n_sizes, n_seasons))
    return Strata(
        stratum_of_order=stratum_of_order,
        n_orders=n_orders,
        n_orders_with_pairs=np.where(np.repeat(pairs_by_size > 0, n_seasons), n_orders, 0.0),
        crowding=np.repeat(crowding, n_seasons),
        log_odds_offset=offset,
    )


def stratify_by_season(baskets: Baskets, conditions: Conditions) -> Strata:
    """Put orders of a period together, whatever their size: shares are those of each period alone."""
    season: Ints = np.zeros(baskets.n_orders, dtype=np.int32)
    if conditions.period is not None and baskets.times is not None:
        season = _pool_neighbours(period_numbers(baskets.times, conditions.period), MIN_ORDERS_PER_SEASON)
    n_orders = np.bincount(season, minlength=1)
    none = np.zeros(len(n_orders))
    offset = none[:, None]  # without seasons within a stratum
    return Strata(
        stratum_of_order=season, n_orders=n_orders, n_orders_with_pairs=none, crowding=none, log_odds_offset=offset
    )


def _crowding(powers: "list[Floats]", n_orders: Ints, n_pairs: Floats, shape: tuple[int, int]) -> Floats:
    """Compute, by size, what makes the expected pairs of products as many as there are; see :mod:`.expected`."""
    first, second, third, fourth = powers

    def by_size(values: Floats) -> Floats:
        return np.asarray(values.reshape(shape).sum(axis=1))

    excess = by_size(n_orders * (first**2 - second)) - n_pairs
    uncertain = by_size(n_orders * ((first - second) ** 2 - (second - 2 * third + fourth)))
    is_known = uncertain > 1e-9 * by_size(n_orders * first**2)
    return np.divide(excess, uncertain, out=np.zeros(shape[0]), where=is_known)


def _pool_neighbours(values: Ints, min_orders: int, *, min_ratio: float = 1.0) -> Ints:
    """Pool neighbouring values until each pool has enough orders; return the pool of each order, from 0.

    The first value of a pool is at least ``min_ratio`` times that of the one before.
    """
    counts = np.bincount(values)
    pool_of_value, pool, n_in_pool, n_left, lowest = np.zeros(len(counts), dtype=np.int32), 0, 0, len(values), 0
    for value in np.flatnonzero(counts):
        if n_in_pool >= min_orders and n_left >= min_orders and value >= min_ratio * lowest:
            pool, n_in_pool, lowest = pool + 1, 0, int(value)
        pool_of_value[value] = pool
        n_in_pool, n_left = n_in_pool + counts[value], n_left - counts[value]
    return pool_of_value[values]


def _shares(counts: Ints, among: Ints, offset: Floats, n_steps: int = MARGIN_STEPS) -> Floats:
    if offset.shape[1] == 1:
        return np.asarray(counts / np.maximum(among, 1))
    shares, factor = np.empty(counts.shape), np.exp(offset)[None]
    step = max(CELLS_PER_FIT // offset.size, 1)

    def fit(first: int) -> None:
        rows = slice(first, first + step)
        fit_margins(counts[rows], among if among.ndim == 1 else among[rows], factor, shares[rows], n_steps)

    firsts = range(0, len(counts), step)
    if counts.size < MIN_CELLS_FOR_SHARES:
        for first in firsts:
            fit(first)
    else:
        map_on_cores(fit, firsts)
    return shares


def _count_products(baskets: Baskets, stratum_of_order: Ints, n_strata: int) -> Any:
    """Count the orders with each product by stratum: a sparse matrix of shape (n_strata, n_products)."""
    by_order = matrix_by_row(baskets.starts, baskets.items, len(baskets.products), dtype=np.float64)
    n_orders = len(stratum_of_order)
    return (count_cells(stratum_of_order, np.arange(n_orders), n_strata, n_orders) @ by_order).tocsc()


def _blocks_of_shares(counts: Any, n_orders: Ints, offset: Floats, n_steps: int = MARGIN_STEPS) -> Iterator[Floats]:
    """Compute the shares of all products, some at a time: shape (n_products, n_strata)."""
    step = max(CELLS_PER_BLOCK // len(n_orders), 1)
    for first in range(0, counts.shape[1], step):
        yield _shares(counts[:, first : first + step].toarray().T, n_orders, offset, n_steps)


def _fit_offset(counts: Any, n_orders: Ints, n_products: Ints | Floats, shape: tuple[int, int]) -> Floats:
    """Fit the log odds that make the shares of all products add up to the mean size of each stratum's orders."""
    offset = np.zeros(shape)
    if shape[1] == 1:
        return offset
    mean_size = (n_products / np.maximum(n_orders, 1)).reshape(shape)
    for _ in range(STRATUM_STEPS):
        sums, slopes = np.zeros(len(n_orders)), np.zeros(len(n_orders))
        for shares in _blocks_of_shares(counts, n_orders, offset, MARGIN_STEPS_FOR_OFFSET):
            sums += shares.sum(axis=0)
            slopes += (shares * (1 - shares)).sum(axis=0)
        gap, slope = mean_size - sums.reshape(shape), slopes.reshape(shape)
        step = np.divide(gap, slope, out=np.zeros(shape), where=(slope > 1e-9) & (mean_size > 0))
        offset = offset + np.clip(step, -MAX_STEP, MAX_STEP)
    return offset


def _sum_powers(counts: Any, n_orders: Ints, offset: Floats) -> list[Floats]:
    """Sum the first four powers of the shares of all products, by stratum."""
    sums = np.zeros((4, len(n_orders)))
    for shares in _blocks_of_shares(counts, n_orders, offset):
        power = np.ones_like(shares)
        for exponent in range(4):
            power *= shares
            sums[exponent] += power.sum(axis=0)
    return list(sums)
