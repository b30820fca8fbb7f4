"""Baskets: what else is in an order (EASE on orders, own purchases, bestsellers), and what goes with a product."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .._learn import DRAWN, TOP, Logistic, Rows, regression
from .._read.history import History
from .._read.purchases import Purchases
from .ease import ease_weights
from .fitted import KEPT_WEIGHTS
from .pairs import at_pairs, values_at

PENALTY = 500.0
"""Of EASE on orders."""
SHRINKAGE = 20.0
"""Orders by which the chance of a product given another leans towards its chance in any order."""
MAX_BASKETS = 4_000
"""Orders that the weights are learned from."""
BLOCK = 1_024
NAMES = ("together", "popular", "own", "own")
"""The signals of the features."""
MIN_RAW, MIN_OWN = 1e-3, 0.05
"""Scores are logs over these, so that none is below 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BasketSignals:
    """Signals for a basket, fitted at a moment.

    Attributes
    ----------
    catalogue : int array of shape (n_catalogue,)
    weights : sparse array of shape (n_catalogue, n_catalogue)
        EASE on orders.
    together : sparse array of shape (n_catalogue, n_catalogue)
        Row A, column B: chance of B in an order that has A, shrunk, for the pairs that have a weight.
    popular : float array of shape (n_catalogue,)
    history : History
    """

    catalogue: Ints
    weights: Any
    together: Any
    popular: Floats
    history: History

    def scores(self, baskets: Any, customers: Ints, cache: dict[str, Any]) -> list[Any]:
        """Return scores of baskets (a sparse 0/1 matrix over the catalogue) and products, a matrix for each feature."""
        if "weights" not in cache:
            cache["weights"] = self.weights.toarray()
        raw = np.asarray(baskets @ cache["weights"], dtype=np.float32)
        own = np.zeros(raw.shape)
        known = np.flatnonzero(customers >= 0)
        own[known] = self.history.matrix(self.history.decayed, customers=customers[known])[:, self.catalogue].toarray()
        return [
            np.log(np.maximum(raw, MIN_RAW) / MIN_RAW),
            self.popular[None, :],
            np.log1p(own / MIN_OWN),
            (own > 0).astype(np.float32),
        ]


def about_baskets(baskets: Any, customers: Ints) -> Floats:
    """Return columns that are the same for all products: size, and whether the customer is known."""
    size = np.asarray(baskets.sum(axis=1)).ravel()
    return np.stack([np.log1p(size), customers >= 0], axis=1).astype(np.float64)


def order_matrix(purchases: Purchases, catalogue: Ints) -> Any:
    """Return a sparse 0/1 matrix of orders by products of the catalogue."""
    from scipy.sparse import csr_array

    place = np.full(len(purchases.products), -1)
    place[catalogue] = np.arange(len(catalogue))
    column = place[purchases.product]
    kept = column >= 0
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    shape = (purchases.n_orders, len(catalogue))
    matrix = csr_array((ones, (purchases.order[kept], column[kept])), shape=shape)
    matrix.data[:] = 1  # an order of two customers has a product once
    return matrix


def fit_baskets(purchases: Purchases, history: History, catalogue: Ints) -> BasketSignals:
    """Fit the signals of baskets on the orders up to a moment."""
    orders = order_matrix(purchases.up_to(history.day), catalogue)
    weights = ease_weights(orders, PENALTY, keep=KEPT_WEIGHTS)
    weights.sort_indices()
    return BasketSignals(
        catalogue=catalogue,
        weights=weights,
        together=chances_together(orders, weights),
        popular=np.log1p(history.recent[catalogue]),
        history=history,
    )


def chances_together(orders: Any, pairs: Any) -> Any:
    """Return the chance of product B in an order that has A, shrunk towards its chance in any order, for some pairs.

    Of orders with A, n_A in number, n_AB have B too; the chance is (n_AB + 20 p_B) / (n_A + 20) with the share p_B of
    all orders that have B.

    Parameters
    ----------
    orders : sparse array of shape (n_orders, n_products)
        Zeros and ones.
    pairs : sparse array of shape (n_products, n_products)
        Row A, column B, with its indices sorted: the chances of what it holds are returned.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> orders = csr_array([[1.0, 1], [1, 1], [1, 0], [0, 1]])
    >>> chances_together(orders, csr_array([[0.0, 1], [1, 0]])).toarray().round(3).tolist()
    [[0.0, 0.739], [0.739, 0.0]]
    """
    from scipy.sparse import csr_array

    both = (orders.T @ orders).tocsr()
    n = both.diagonal()
    share = n / max(orders.shape[0], 1)
    row = np.repeat(np.arange(pairs.shape[0]), np.diff(pairs.indptr))
    common = values_at(both, row, pairs.indices)
    chance = (common + SHRINKAGE * share[pairs.indices]) / (n[row] + SHRINKAGE)
    return csr_array((chance, pairs.indices, pairs.indptr), shape=pairs.shape)


def learn_baskets(signals: BasketSignals, purchases: Purchases, last: int) -> Logistic | None:
    """Learn the weights from the orders after the moment of the signals: one product of each is hidden."""
    later = purchases.after(signals.history.day, last)
    orders = order_matrix(later, signals.catalogue)
    owner = np.full(purchases.n_orders, -1)
    owner[later.order] = later.customer
    owner[owner >= 0] = np.where(signals.history.orders[owner[owner >= 0]] > 0, owner[owner >= 0], -1)
    rng = np.random.default_rng(0)
    chosen = np.flatnonzero(np.diff(orders.indptr) > 1)
    if len(chosen) > MAX_BASKETS:
        chosen = np.sort(rng.choice(chosen, MAX_BASKETS, replace=False))
    rows = Rows()
    cache: dict[str, Any] = {}
    for first in range(0, len(chosen), BLOCK):
        part = chosen[first : first + BLOCK]
        baskets, hidden = hide_one(orders[part], rng)
        scores = signals.scores(baskets, owner[part], cache)
        _add(scores, about_baskets(baskets, owner[part]), hidden, baskets.toarray() == 0, rows, rng)
    return regression(rows)


def hide_one(baskets: Any, rng: np.random.Generator) -> tuple[Any, Ints]:
    """Take one product by chance out of each basket; return the baskets and the products."""
    size = np.diff(baskets.indptr)
    at = baskets.indptr[:-1] + np.floor(rng.random(len(size)) * size).astype(np.int64)
    hidden = baskets.indices[at].astype(np.int64)
    left = baskets.copy()
    left.data = left.data.copy()
    left.data[at] = 0
    left.eliminate_zeros()
    return left, hidden


def _add(scores: list[Any], about: Floats, hidden: Ints, is_open: Bools, rows: Rows, rng: np.random.Generator) -> None:
    """Add the hidden product, the highest scores, and some of the others."""
    shape = is_open.shape
    total = np.where(is_open, scores[0] + scores[1] + scores[2], -np.inf)
    top, share = min(TOP, shape[1]), min(DRAWN / shape[1], 1.0)
    is_certain = total >= np.partition(total, shape[1] - top, axis=1)[:, [shape[1] - top]]
    is_hidden = np.zeros(shape, dtype=bool)
    is_hidden[np.arange(shape[0]), hidden] = True
    is_certain |= is_hidden
    row, column = np.nonzero((is_certain | (rng.random(shape, dtype=np.float32) < share)) & is_open)
    weight = np.where(is_certain[row, column], 1.0, 1 / share)
    rows.add(np.concatenate([at_pairs(scores, row, column), about[row]], axis=1), is_hidden[row, column], weight)


def default_basket_weights() -> Logistic:
    """Return weights for a history that is too short to learn from; no probabilities."""
    return Logistic(intercept=0.0, coefficients=np.array([0.4, 0.2, 0.5, 0.0, 0.0, 0.0]))
