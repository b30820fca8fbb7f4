"""Signals fitted at a moment: scores of customers (rows) and products of the catalogue (columns), block by block."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from .._read.history import History
from .cosine import cosine_weights
from .ease import ease_weights
from .options import Content, Neighbours, Own, Popular, Signal, Together, Viewed

LATEST_VIEWS = 28.0
"""Half-life of a view, in days."""
FAR = 10.0
"""Standard deviations above which a score grows with its log only."""
KEPT_WEIGHTS = 200
"""Weights kept for each product."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ItemSignal:
    """A signal that adds up weights of the products of a customer: together and neighbours.

    Its scores grow with the number of products: each customer's are brought to mean 0 and standard deviation 1.
    """

    name: str
    weights: Any

    def score(self, block: "Block") -> Any:
        """Return scores of shape (n_customers, n_catalogue)."""
        key = f"dense {self.name}"
        if key not in block.cache:
            block.cache[key] = self.weights.toarray()
        raw = np.asarray(block.bought @ block.cache[key], dtype=np.float32)
        mean, deviation = raw.mean(axis=1), raw.std(axis=1)
        deviation = np.where(deviation > 0, deviation, 1.0).astype(np.float32)
        block.scales[self.name] = (mean, deviation)
        raw -= mean[:, None]
        raw /= deviation[:, None]
        is_far = raw > FAR  # of a customer with one product the scores of its neighbours are far from all others
        raw[is_far] = FAR + np.log(raw[is_far] / FAR)
        return raw


@dataclass(frozen=True, kw_only=True, eq=False)
class PopularSignal:
    """Distinct customers of the latest window, the same for every customer."""

    name: str
    counts: Floats

    def score(self, block: "Block") -> Any:  # noqa: ARG002  # as of other signals
        """Return scores of shape (1, n_catalogue)."""
        return self.counts[None, :]


@dataclass(frozen=True, kw_only=True, eq=False)
class ContentSignal:
    """How many products of the same category, brand, … the customer has."""

    name: str
    of_product: Any
    of_catalogue: Any

    def score(self, block: "Block") -> Any:
        """Return scores of shape (n_customers, n_catalogue)."""
        counts = (block.bought_all @ self.of_product).tocsr()
        return np.log1p((counts @ self.of_catalogue).toarray())


@dataclass(frozen=True, kw_only=True, eq=False)
class ViewedSignal:
    """Views of the customer, halved with every four weeks that have passed."""

    name: str
    views: Any

    def score(self, block: "Block") -> Any:
        """Return scores of shape (n_customers, n_catalogue)."""
        return np.log1p(self.views[block.customers].toarray())


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Some customers: what they bought, of the catalogue and of all products."""

    customers: Ints
    bought: Any
    bought_all: Any
    cache: dict[str, Any]
    scales: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedSignals:
    """All signals at one moment, and the history that they were fitted on.

    Attributes
    ----------
    catalogue : int array of shape (n_catalogue,)
        Codes of the products that may be recommended to anyone, ascending.
    members : tuple
        Signals with scores for the whole catalogue.
    has_own : bool
    history : History
    """

    catalogue: Ints
    members: tuple[Any, ...]
    has_own: bool
    history: History

    @property
    def names(self) -> tuple[str, ...]:
        """The signals that score the whole catalogue."""
        return tuple(member.name for member in self.members)

    def block(self, customers: Ints, cache: dict[str, Any]) -> Block:
        """Return what some customers bought."""
        bought = self.history.matrix(customers=customers)
        return Block(customers=customers, bought=bought[:, self.catalogue], bought_all=bought, cache=cache)

    def scores(self, block: Block) -> list[Any]:
        """Return the score of each member."""
        return [member.score(block) for member in self.members]


def fit_signals(
    signals: Sequence[Signal], history: History, catalogue: Ints, content: dict[str, Any], views: Any
) -> FittedSignals:
    """Fit every signal on a history."""
    bought = history.matrix()[:, catalogue]
    members: list[Any] = []
    for signal in signals:
        if isinstance(signal, Together):
            members.append(ItemSignal(name="together", weights=ease_weights(bought, signal.penalty, keep=KEPT_WEIGHTS)))
        elif isinstance(signal, Neighbours):
            weights = cosine_weights(bought, signal.k).astype(np.float32)
            members.append(ItemSignal(name="neighbours", weights=weights))
        elif isinstance(signal, Popular):
            members.append(PopularSignal(name="popular", counts=np.log1p(history.recent[catalogue])))
        elif isinstance(signal, Content):
            members += [content_signal(name, content[name], catalogue) for name in signal.columns if name in content]
        elif isinstance(signal, Viewed) and views is not None:
            members.append(ViewedSignal(name="viewed", views=views[:, catalogue]))
    has_own = any(isinstance(signal, Own) for signal in signals)
    return FittedSignals(catalogue=catalogue, members=tuple(members), has_own=has_own, history=history)


def content_signal(name: str, kind: Ints, catalogue: Ints) -> ContentSignal:
    """Make the signal of one column of the products, whose codes are given for each product (-1 is unknown)."""
    from scipy.sparse import csr_array

    known = np.flatnonzero(kind >= 0)
    shape = (len(kind), int(kind.max(initial=-1)) + 1)
    of_product = csr_array((np.ones(len(known), dtype=np.float32), (known, kind[known])), shape=shape)
    return ContentSignal(name=name, of_product=of_product, of_catalogue=of_product[catalogue].T.tocsr())
