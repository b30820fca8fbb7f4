"""The blend: two logistic regressions, of products bought before and of new ones, learned on earlier windows.

At each earlier moment the signals are fitted on what was known then, and the model learns which products of which
customers were bought within the horizon after it; who did not come back is among them. So it is the weight of each
signal, and a probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats, Ints
from ._signals.ease import one_blas_thread
from ._signals.fitted import FittedSignals
from ._signals.pairs import at_pairs, customer_features, is_stored, own_features, pairs_of, positions_in

BLOCK = 1_024
"""Customers whose scores are in memory at once."""
MAX_CUSTOMERS = 4_000
"""Customers of a moment that the blend is learned from."""
TOP, DRAWN = 40, 40
"""New products of a customer that are learned from beside those bought: the highest scores, and others by chance."""
MIN_BOUGHT = 20
"""Fewer products bought in the window teach nothing."""
CUSTOMER_FEATURES = 5
DEFAULT_WEIGHTS = {"together": 0.5, "neighbours": 0.4, "popular": 1.0, "viewed": 1.0}
"""Where the history is too short to learn from; 0.3 for columns of the content."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logistic:
    """Intercept and coefficients of a logistic regression."""

    intercept: float
    coefficients: Floats

    def score(self, features: Floats) -> Floats:
        """Return log-odds."""
        return np.asarray(features @ self.coefficients + self.intercept)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blend:
    """Two regressions; their columns are [own features], signals, features of the customer."""

    bought: Logistic
    new: Logistic


@dataclass(slots=True, kw_only=True, eq=False)
class Rows:
    """Rows to learn from: features, what happened, weights."""

    features: list[Floats] = field(default_factory=list)
    labels: list[Bools] = field(default_factory=list)
    weights: list[Floats] = field(default_factory=list)

    def add(self, features: Floats, label: Bools, weight: Floats) -> None:
        """Add rows."""
        self.features.append(features)
        self.labels.append(label)
        self.weights.append(weight)

    @classmethod
    def together(cls, parts: "Sequence[Rows]") -> "Rows":
        """Return the rows of several moments."""
        return cls(
            features=[one for part in parts for one in part.features],
            labels=[one for part in parts for one in part.labels],
            weights=[one for part in parts for one in part.weights],
        )


def learn_blend(moments: Sequence[tuple[Rows, Rows]], default: Blend) -> Blend | None:
    """Learn from the rows of earlier moments, bought before and new; None where that is too little."""
    bought, new = (regression(Rows.together([moment[i] for moment in moments])) for i in range(2))
    if new is None:
        return None
    return Blend(bought=bought or default.bought, new=new)


def default_blend(fitted: FittedSignals) -> Blend:
    """Return weights for a history that is too short to learn from; no probabilities."""
    signals = [DEFAULT_WEIGHTS.get(name, 0.3) for name in fitted.names]
    nothing = [0.0] * CUSTOMER_FEATURES
    own = [1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0] if fitted.has_own else []
    bought = np.array([*own, *signals, *nothing])
    new = np.array([*signals, *nothing])
    return Blend(
        bought=Logistic(intercept=2.0 if own else 0.0, coefficients=bought),
        new=Logistic(intercept=0.0, coefficients=new),
    )


def blocks_of(customers: Ints) -> list[Ints]:
    """Cut customers into blocks."""
    return [customers[first : first + BLOCK] for first in range(0, len(customers), BLOCK)]


def collect_rows(fitted: FittedSignals, outcome: Any) -> tuple[Rows, Rows]:
    """Return the rows of one moment: of products bought before, and of new ones."""
    bought, new, rng = Rows(), Rows(), np.random.default_rng(0)
    known = np.flatnonzero(fitted.history.orders > 0)
    if len(known) > MAX_CUSTOMERS:
        known = np.sort(rng.choice(known, MAX_CUSTOMERS, replace=False))
    place = positions_in(fitted.catalogue, fitted.history.n_products)
    cache: dict[str, Any] = {}
    for customers in blocks_of(known):
        block = fitted.block(customers, cache)
        scores = fitted.scores(block)
        about = customer_features(fitted.history, customers)
        happened = outcome[customers]
        pair, row = pairs_of(fitted.history, customers)
        product = fitted.history.product[pair]
        own = own_features(fitted.history, pair, customers[row]) if fitted.has_own else np.zeros((len(pair), 0))
        label = is_stored(happened, row, product)
        features = np.concatenate([own, at_pairs(scores, row, place[product]), about[row]], axis=1)
        bought.add(features, label, np.ones(len(label)))
        taken = place[product] >= 0
        is_open = np.ones((len(customers), len(fitted.catalogue)), dtype=bool)
        is_open[row[taken], place[product[taken]]] = False
        _add_new(scores, about, happened[:, fitted.catalogue].toarray() > 0, is_open, new, rng)
    return bought, new


def _add_new(
    scores: list[Any], about: Floats, happened: Bools, is_open: Bools, new: Rows, rng: np.random.Generator
) -> None:
    """Add new products: all that were bought, the highest scores, and some of the others, which stand for the rest."""
    shape = is_open.shape
    total = np.zeros(shape, dtype=np.float32)
    for score in scores:
        total += score
    total[~is_open] = -np.inf
    top = min(TOP, shape[1])
    is_top = total >= np.partition(total, shape[1] - top, axis=1)[:, [shape[1] - top]] if shape[1] else is_open
    share = min(DRAWN / max(shape[1], 1), 1.0)
    is_drawn = rng.random(shape, dtype=np.float32) < share
    is_certain = is_top | happened
    row, column = np.nonzero((is_certain | is_drawn) & is_open)
    weight = np.where(is_certain[row, column], 1.0, 1 / share)
    features = np.concatenate([at_pairs(scores, row, column), about[row]], axis=1)
    new.add(features, happened[row, column], weight)


def regression(rows: Rows) -> Logistic | None:
    """Fit a logistic regression with weights; None where too little happened."""
    from sklearn.linear_model import LogisticRegression

    if not rows.features:
        return None
    features, label = np.concatenate(rows.features), np.concatenate(rows.labels)
    weight = np.concatenate(rows.weights).astype(np.float64)
    if int(label.sum()) < MIN_BOUGHT or label.all():
        return None
    mean = np.average(features, axis=0, weights=weight)
    scale = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weight))
    scale = np.where(scale > 1e-9, scale, 1.0)
    scaled = (features - mean) / scale
    with one_blas_thread():
        fitted = LogisticRegression(C=1.0, solver="newton-cholesky").fit(scaled, label, sample_weight=weight)
    coefficients = fitted.coef_[0] / scale
    return Logistic(intercept=float(fitted.intercept_[0] - coefficients @ mean), coefficients=coefficients)
