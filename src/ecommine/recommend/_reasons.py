"""Why a product is recommended: the share of each signal in the score, and the own products that speak for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import Floats, Ints, sort_order
from .._core.codes import Labels
from ._rank import Lists
from ._signals.fitted import FittedSignals, ItemSignal
from ._signals.pairs import pairs_of

SPOKESMEN = 2
"""Own products that a reason names."""
MIN_SHARE = 0.05
"""Signals with a smaller share are not written into the reason."""
CELLS = 4_000_000
"""Pairs of recommended and own products that are looked at at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reasons:
    """Contributions to the score of each row, and the products that speak for it.

    Attributes
    ----------
    names : tuple of str
        Signals; the last is "base", what the customer alone has.
    parts : float array of shape (n_rows, n_names)
        They add up to the score.
    products : mapping of signal to int array of shape (n_rows, 2)
        Codes of own products, -1 where there is none.
    ids : array of shape (n_products,)
    """

    names: tuple[str, ...]
    parts: Floats
    products: Mapping[str, Ints]
    ids: Labels

    @property
    def shares(self) -> Floats:
        """What each signal has of all that speaks for a product."""
        gains = np.maximum(self.parts[:, :-1], 0.0)
        total = gains.sum(axis=1, keepdims=True)
        return np.asarray(gains / np.where(total > 0, total, 1.0))

    @property
    def sources(self) -> list[str]:
        """The signal with the largest share of each row, "base" where none speaks for it."""
        if not len(self.parts) or self.parts.shape[1] < 2:
            return ["base"] * len(self.parts)
        shares = self.shares
        best = shares.argmax(axis=1)
        return [
            self.names[i] if has else "base" for i, has in zip(best.tolist(), shares.any(axis=1).tolist(), strict=True)
        ]

    def texts(self, titles: Mapping[Any, str]) -> list[str]:
        """Return the reason of each row in words: signals with their share, and own products in brackets."""
        shares, n_names = self.shares, len(self.names) - 1
        order = np.argsort(-shares, axis=1, kind="stable")
        names = {name: self._names(name, titles) for name in self.products}
        rounded = np.rint(shares * 100).astype(np.int64)
        lines = []
        for i in range(len(shares)):
            words = []
            for j in order[i, :n_names].tolist():
                if shares[i, j] < MIN_SHARE:
                    break
                name = self.names[j]
                spoken = names[name][i] if name in names else ""
                words.append(f"{name} {rounded[i, j]}%{spoken}")
            lines.append(", ".join(words))
        return lines

    def _names(self, name: str, titles: Mapping[Any, str]) -> list[str]:
        labels = [str(titles.get(one, one)) for one in self.ids.tolist()]
        return [
            f" ({'; '.join(labels[code] for code in codes if code >= 0)})" if codes[0] >= 0 else ""
            for codes in self.products[name].tolist()
        ]


def reasons_of(fitted: FittedSignals, lists: Lists, customers: Ints, ids: Labels) -> Reasons:
    """Split the scores of lists into signals, and find the own products that weigh most."""
    names, parts = [*fitted.names, "base"], lists.parts
    if fitted.has_own:  # what the purchase before adds to what the product would have without it
        own = np.where(lists.is_bought, lists.score - parts.sum(axis=1), 0.0)
        names, parts = ["own", *names], np.concatenate([own[:, None], parts], axis=1)
    else:
        parts = parts.copy()
        parts[:, -1] += lists.score - parts.sum(axis=1)
    items = [member for member in fitted.members if isinstance(member, ItemSignal)]
    products = {member.name: _speaking(fitted, member.weights, lists, customers) for member in items}
    return Reasons(names=tuple(names), parts=parts, products=products, ids=ids)


def _speaking(fitted: FittedSignals, weights: Any, lists: Lists, customers: Ints) -> Ints:
    """Return the own products with the largest weights for each row."""
    found = np.full((len(lists.owner), SPOKESMEN), -1)
    place = np.full(fitted.history.n_products, -1)
    place[fitted.catalogue] = np.arange(len(fitted.catalogue))
    counts = np.diff(fitted.history.bounds)[customers[lists.owner]]
    ends = np.cumsum(counts)
    table, first = weights.toarray(), 0
    while first < len(counts):
        until = max(int(np.searchsorted(ends, (ends[first - 1] if first else 0) + CELLS, side="right")), first + 1)
        rows = slice(first, until)
        found[rows] = _largest(fitted, table, customers[lists.owner[rows]], place[lists.product[rows]], place)
        first = until
    return found


def _largest(fitted: FittedSignals, table: Any, customers: Ints, target: Ints, place: Ints) -> Ints:
    pair, row = pairs_of(fitted.history, customers)
    own = fitted.history.product[pair]
    weight = table[place[own], target[row]]
    weight[(place[own] < 0) | (target[row] < 0)] = 0
    kept = np.flatnonzero(weight > 0)
    size = weight[kept].view(f"i{weight.itemsize}").astype(np.int64)  # bits of positive numbers are in their order
    order = kept[sort_order(row[kept], -size, own[kept])]
    bounds = np.searchsorted(row[order], np.arange(len(customers) + 1))
    found = np.full((len(customers), SPOKESMEN), -1)
    for i in range(SPOKESMEN):
        has = np.flatnonzero(bounds[:-1] + i < bounds[1:])
        found[has, i] = own[order[bounds[has] + i]]
    return found


def spokesmen_columns(reasons: Reasons, keys: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the long table: a row per recommendation and signal, with what it adds to the score."""
    n_rows, n_names = reasons.parts.shape
    row = np.repeat(np.arange(n_rows), n_names)
    shares = np.concatenate([reasons.shares, np.full((n_rows, 1), np.nan)], axis=1)
    columns: dict[str, Any] = {name: _taken(keys[name], row) for name in names}
    columns["signal"] = list(reasons.names) * n_rows
    columns["contribution"] = reasons.parts.ravel()
    columns["share"] = shares.ravel()
    best = np.full((n_rows, n_names), -1)
    for name, codes in reasons.products.items():
        best[:, reasons.names.index(name)] = codes[:, 0]
    ids = reasons.ids.tolist()
    columns["because_id"] = [ids[code] if code >= 0 else None for code in best.ravel().tolist()]
    return columns


def _taken(values: Any, row: Ints) -> Any:
    return values[row] if isinstance(values, np.ndarray) else [values[i] for i in row.tolist()]
