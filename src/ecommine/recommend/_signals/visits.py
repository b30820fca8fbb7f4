r"""The next product of a visit: a mixture of what is viewed with the last one, with earlier ones, and in its category.

Each part is a distribution over products, and the chance that the next one is j is
:math:`\sum_m w_m p_m(j)` over the products that the visit has not had. The weights are those under which the latest
fifth of the visits is likeliest, with the parts taken from the others (expectation and maximisation). Simple
neighbourhoods are as good here as neural networks (Ludewig and Jannach 2018).

The mixture ranks well, and is far too sure of itself: half of the next products were never viewed before. So a logistic
regression (Platt 1999) of whether a product was the next one, on the logs of its share in the mixture and of its place,
learned on the same latest fifth, gives the chance.

References
----------
Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods.
Advances in large margin classifiers, 61-74. MIT Press.

Ludewig, M. and Jannach, D. (2018). Evaluation of session-based recommendation algorithms. User Modeling and
User-Adapted Interaction 28, 331-390. https://doi.org/10.1007/s11257-018-9209-6
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from .._learn import Logistic, Rows, regression
from .._read.events import Views

HELD_OUT = 0.2
"""Share of the visits, the latest ones, that the weights are learned from."""
MAX_MOVES = 5_000
STEPS = 50
BLOCK = 512
PLACES = 50
"""Places of a list that the chances are learned from."""
SHRINKAGE = 2.0
"""Visits that the sum of a row is increased by."""
EQUAL_WEIGHTS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """The state of visits: which products they had, in what order, and the next one where it is known.

    ``viewed`` is a sparse 0/1 matrix of visits by products, ``last`` the product viewed last (-1 for none).
    """

    viewed: Any
    last: Ints
    following: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VisitSignals:
    """Parts of the mixture and their weights.

    Attributes
    ----------
    together : sparse array of shape (n_products, n_products)
        Visits that viewed both, each row divided by its sum and a few visits more: little is known from one.
    popular : float array of shape (n_products,)
        Share of the visits' products.
    kinds : mapping of column to int array of shape (n_products,)
    weights : float array of shape (n_parts,)
        Of `names`.
    step : Logistic or None
        Chance by the logs of the share in the mixture and of the place; None where the visits are too few to tell.
    """

    together: Any
    popular: Floats
    kinds: dict[str, Ints]
    weights: Floats
    step: Logistic | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The parts: viewed with the last product, with earlier ones, in its category, and by most."""
        return ("viewed", "viewed before", *self.kinds, "popular")

    def parts(self, moves: Moves) -> list[Any]:
        """Return a distribution over products for each part, of shape (n_moves, n_products)."""
        last = np.maximum(moves.last, 0)
        has_last = (moves.last >= 0)[:, None]
        with_last = self.together[last].toarray() * has_last
        earlier = moves.viewed.toarray()
        earlier[np.arange(len(last)), last] = 0
        count = earlier.sum(axis=1, keepdims=True)
        from scipy.sparse import csr_array

        with_earlier = (csr_array(earlier) @ self.together).toarray() / np.maximum(count, 1)
        of_kind = [self._of_kind(kind, last) * has_last for kind in self.kinds.values()]
        return [with_last, with_earlier, *of_kind, np.broadcast_to(self.popular, with_last.shape)]

    def shares(self, moves: Moves) -> Floats:
        """Return the share of each product in the mixture, by which it is ranked; 0 for those that the visit had."""
        mixed: Any = sum(weight * part for weight, part in zip(self.weights, self.parts(moves), strict=True))
        mixed = np.where(moves.viewed.toarray() > 0, 0.0, mixed)
        total = mixed.sum(axis=1, keepdims=True)
        return np.asarray(mixed / np.where(total > 0, total, 1.0))

    def chances(self, share: Floats, place: Ints) -> Floats:
        """Return the chance to be the next product, by its share and its place among all; NaN where none is known."""
        if self.step is None:
            return np.full(len(share), np.nan)
        return np.asarray(1 / (1 + np.exp(-self.step.score(step_features(share, place)))))

    def _of_kind(self, kind: Ints, last: Ints) -> Any:
        same = (kind[last][:, None] == kind[None, :]) & (kind[last] >= 0)[:, None]
        shared = np.where(same, self.popular[None, :], 0.0)
        total = shared.sum(axis=1, keepdims=True)
        return shared / np.where(total > 0, total, 1.0)


def fit_visits(views: Views, kinds: dict[str, Ints], n_products: int) -> VisitSignals:
    """Fit the parts on all visits, and their weights on the latest ones."""
    starts = np.flatnonzero(np.append(True, views.visit[1:] != views.visit[:-1])[: len(views.visit)])
    start = views.at[starts]
    latest = np.zeros(int(views.visit.max(initial=-1)) + 1, dtype=bool)
    if len(start):
        latest[views.visit[starts]] = start > np.sort(start)[max(int(len(start) * (1 - HELD_OUT)) - 1, 0)]
    is_held = latest[views.visit]
    everything = np.ones(len(views.visit), dtype=bool)
    before = _fitted(views, ~is_held, kinds, n_products)
    weights = _learned_weights(views, before, is_held, n_products)
    fitted = _fitted(views, everything, kinds, n_products)
    if weights is None:
        return fitted
    step = _learned_step(views, replace(before, weights=weights), is_held, n_products)
    return replace(fitted, weights=weights, step=step)


def step_features(share: Floats, place: Ints) -> Floats:
    """Return what the chance of a product depends on: logs of its share in the mixture and of its place."""
    return np.stack([np.log(np.maximum(share, 1e-12)), np.log(place)], axis=1)


def _learned_step(views: Views, fitted: VisitSignals, is_held: Any, n_products: int) -> Logistic | None:
    """Learn how often the first products were the next one in held-out visits; None where that is too seldom."""
    moves, rows = moves_of(views, is_held, n_products), Rows()
    for first in range(0, len(moves.last), BLOCK):
        part = some_moves(moves, slice(first, first + BLOCK))
        share = fitted.shares(part)
        column = np.argsort(-share, axis=1, kind="stable")[:, :PLACES]
        value = np.take_along_axis(share, column, axis=1)
        place = np.broadcast_to(np.arange(1, column.shape[1] + 1), column.shape)
        is_next, is_there = column == part.following[:, None], value > 0
        rows.add(step_features(value[is_there], place[is_there]), is_next[is_there], np.ones(int(is_there.sum())))
    return _falling(rows)


def _falling(rows: Rows) -> Logistic | None:
    """Return the regression that neither falls with the share nor rises with the place: the order stays."""
    step = regression(rows)
    if step is None or (step.coefficients[0] >= 0 and step.coefficients[1] <= 0):
        return step
    kept = int(step.coefficients[0] < 0)  # the column that is left
    features = [part[:, [kept]] for part in rows.features]
    one = regression(Rows(features=features, labels=rows.labels, weights=rows.weights))
    if one is None or (one.coefficients[0] < 0) != bool(kept):
        return None
    coefficients = np.zeros(2)
    coefficients[kept] = one.coefficients[0]
    return Logistic(intercept=one.intercept, coefficients=coefficients)


def visit_matrix(views: Views, n_products: int, is_kept: Any = None) -> Any:
    """Return a sparse 0/1 matrix of visits by products."""
    from scipy.sparse import csr_array

    kept = slice(None) if is_kept is None else is_kept
    rows, columns = views.visit[kept], views.product[kept]
    shape = (int(views.visit.max(initial=-1)) + 1, n_products)
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    matrix.data[:] = 1
    return matrix


def _fitted(views: Views, is_kept: Any, kinds: dict[str, Ints], n_products: int) -> VisitSignals:
    viewed = visit_matrix(views, n_products, is_kept)
    both = (viewed.T @ viewed).tocsr()
    row = np.repeat(np.arange(n_products), np.diff(both.indptr))
    both.data[both.indices == row] = 0  # with itself
    both.eliminate_zeros()
    row_sum = np.asarray(both.sum(axis=1)).ravel()
    both.data = both.data / np.repeat(row_sum + SHRINKAGE, np.diff(both.indptr))
    count = np.asarray(viewed.sum(axis=0)).ravel()
    n_parts = 3 + len(kinds)
    return VisitSignals(
        together=both,
        popular=count / max(count.sum(), 1),
        kinds=kinds,
        weights=np.full(n_parts, EQUAL_WEIGHTS / n_parts),
    )


def moves_of(views: Views, is_kept: Any, n_products: int) -> Moves:
    """Return the moves of visits to a product that they had not viewed yet."""
    from scipy.sparse import csr_array

    visit, product = views.visit[is_kept], views.product[is_kept]
    key = visit * n_products + product
    first = np.zeros(len(key), dtype=bool)
    first[np.unique(key, return_index=True)[1]] = True
    is_move = np.append(False, (visit[1:] == visit[:-1]) & first[1:])[: len(visit)]
    at = np.flatnonzero(is_move)[:MAX_MOVES]
    begin = np.searchsorted(visit, visit[at])
    sizes = at - begin
    rows = np.repeat(np.arange(len(at)), sizes)
    columns = product[np.repeat(begin, sizes) + np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)]
    viewed = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(at), n_products))
    viewed.data[:] = 1
    return Moves(viewed=viewed, last=product[at - 1] if len(at) else at, following=product[at])


def _learned_weights(views: Views, fitted: VisitSignals, is_held: Any, n_products: int) -> Floats | None:
    """Return the weights under which the moves of held-out visits are likeliest; None without any."""
    moves, likelihood = moves_of(views, is_held, n_products), []
    for first in range(0, len(moves.last), BLOCK):
        part = some_moves(moves, slice(first, first + BLOCK))
        row = np.arange(len(part.last))
        likelihood.append(np.stack([score[row, part.following] for score in fitted.parts(part)], axis=1))
    known = np.concatenate(likelihood) if likelihood else np.zeros((0, len(fitted.weights)))
    known = known[known.sum(axis=1) > 0]
    if not len(known):
        return None
    weights = fitted.weights
    for _ in range(STEPS):
        share = known * weights
        counts = (share / share.sum(axis=1, keepdims=True)).sum(axis=0) + 1  # no part is without any weight
        weights = counts / counts.sum()
    return np.asarray(weights)


def some_moves(moves: Moves, rows: slice) -> Moves:
    """Return some of the moves."""
    return Moves(viewed=moves.viewed[rows], last=moves.last[rows], following=moves.following[rows])
