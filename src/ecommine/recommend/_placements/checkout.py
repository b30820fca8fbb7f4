"""Checkout: one more product for a basket; top-up: one with which it reaches a threshold."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.checks import flag, number
from ..._core.frames import MICRO, whole_micro
from ..._core.notes import Note
from ..._core.texts import counted
from .._rank import micro_units, tie_ranks
from .._read.baskets import Baskets, read_baskets
from .._reasons import SPOKESMEN, Reasons
from .._result import Recommendations, Rows, make_recommendations
from .._signals.baskets import BLOCK, NAMES, about_baskets
from .lists import allowed_products, checked_k, short_lists

if TYPE_CHECKING:
    from .._recommender import Parts, Recommender

MAX_MONEY = 9e9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """Which products close the gap of a basket: for each basket its gap, and how far it may be passed (micro-units)."""

    gap: Ints
    max_over: float
    price: Ints
    usual: Ints
    is_eligible: Bools

    def quantity(self, baskets: Ints) -> Ints:
        """Return the units that close the gap, of shape (n_baskets, n_products); 0 where none do."""
        price = np.maximum(self.price, 1)
        units = -(-self.gap[baskets][:, None] // price[None, :])
        over = units * price[None, :] - self.gap[baskets][:, None]
        is_usual = units <= np.maximum(self.usual, 1)[None, :]
        closes = is_usual & (over <= self.max_over) & (self.price > 0)[None, :] & self.is_eligible[None, :]
        return np.where(closes, units, 0)


def recommend_checkout(model: "Recommender", baskets: object, k: object, available: object) -> Recommendations:
    """Check the options and rank."""
    parts, k = model._parts, checked_k(k)
    allowed = allowed_products(parts.products, parts.fitted.history.day, available)
    read = read_baskets(baskets, parts.products, parts.customers)
    asked = np.arange(len(read.ids))
    owner, product, score, reasons = _rank(parts, read, asked, allowed, k, None)
    rows = _rows(parts, read, owner, product, score, reasons, {})
    notes = (*read.notes, *short_lists(owner, len(read.ids), k))
    return make_recommendations(rows, "checkout", len(read.ids), model.as_of, notes, reasons, read.like)


def recommend_top_up(
    model: "Recommender",
    baskets: object,
    threshold: object,
    k: object,
    repeating: object,
    eligible: object,
    max_over: object,
    available: object,
) -> Recommendations:
    """Check the options, compute the gap of each basket, and rank the products that close it."""
    parts, k = model._parts, checked_k(k)
    limit = whole_micro(number("threshold", threshold, low=0, cap=MAX_MONEY))
    most = np.inf if max_over is None else whole_micro(number("max_over", max_over, low=0, cap=MAX_MONEY))
    repeats = flag("repeating", repeating)
    allowed = allowed_products(parts.products, parts.fitted.history.day, available)
    counts = np.ones(len(parts.products.ids), dtype=bool)
    if eligible is not None:
        counts = allowed_products(parts.products, parts.fitted.history.day, eligible, argument="eligible")
    read = read_baskets(baskets, parts.products, parts.customers)
    gap = gaps(read, counts if eligible is not None else None, limit, repeats)
    asked = np.flatnonzero(gap > 0)
    notes = [*read.notes, *_unpriced(read.n_unpriced), *_reached(len(gap) - len(asked))]
    price = np.where(np.isnan(parts.products.price), 0.0, parts.products.price)
    unknown = int((allowed & counts & (price <= 0)).sum())
    if unknown:
        text = f"{counted(unknown, 'product')} without a known price: they close no gap"
        notes.append(Note(text, code="price_unknown", count=unknown))
    catalogue = parts.baskets.catalogue
    limits = Limits(
        gap=gap,
        max_over=float(most),
        price=np.floor(price * MICRO + 0.5).astype(np.int64)[catalogue],
        usual=np.floor(parts.products.usual).astype(np.int64)[catalogue],
        is_eligible=counts[catalogue],
    )
    owner, product, score, reasons = _rank(parts, read, asked, allowed, k, limits)
    units = _units(limits, owner, np.searchsorted(catalogue, product))
    cost = np.floor(price * MICRO + 0.5).astype(np.int64)[product]
    extra = {
        "gap": gap[owner] / MICRO,
        "quantity": units,
        "price": cost / MICRO,
        "over": (units * cost - gap[owner]) / MICRO,
    }
    rows = _rows(parts, read, owner, product, score, reasons, extra)
    position = np.full(len(read.ids), -1)
    position[asked] = np.arange(len(asked))
    notes += short_lists(position[owner], len(asked), k)
    return make_recommendations(rows, "top_up", len(read.ids), model.as_of, tuple(notes), reasons, read.like)


def gaps(baskets: Baskets, counts: Bools | None, threshold: int, repeating: bool) -> Ints:
    """Return the money in micro-units that each basket lacks of the threshold, 0 where it is reached."""
    is_counted = np.ones(len(baskets.basket), dtype=bool)
    if counts is not None:
        is_counted = np.append(counts, False)[baskets.product]
    total = np.zeros(len(baskets.ids), dtype=np.int64)
    np.add.at(total, baskets.basket[is_counted], baskets.money[is_counted])
    if repeating and threshold:  # below 0, such as after a return, the first threshold is what is missing
        return np.where(total <= 0, threshold - total, -total % threshold)
    return np.maximum(threshold - total, 0)


def _unpriced(count: int) -> list[Note]:
    if not count:
        return []
    text = f"{counted(count, 'line')} without money, of products without a known price: counted as 0, gaps may be less"
    return [Note(text, code="money_unknown", count=count)]


def _reached(count: int) -> list[Note]:
    if not count:
        return []
    text = f"{counted(count, 'basket')} {'has' if count == 1 else 'have'} reached the threshold: no row"
    return [Note(text, code="threshold_reached", count=count)]


def _units(limits: Limits, owner: Ints, column: Ints) -> Ints:
    price = np.maximum(limits.price[column], 1)
    return np.asarray(-(-limits.gap[owner] // price))


def _rank(
    parts: "Parts", read: Baskets, asked: Ints, allowed: Bools, k: int, limits: Limits | None
) -> tuple[Ints, Ints, Floats, Reasons]:
    """Return owner, product and log-odds of the best products for the baskets asked for, with the reasons."""
    catalogue, weights = parts.baskets.catalogue, parts.basket_weights
    matrix, n_features = _matrix(read, catalogue), len(NAMES)
    tie = tie_ranks(parts.fitted.history.recent)[catalogue]
    names = (*dict.fromkeys(NAMES), "base")
    found: list[tuple[Any, ...]] = []
    cache: dict[str, Any] = {}
    for first in range(0, len(asked), BLOCK):
        some = asked[first : first + BLOCK]
        baskets = matrix[some]
        scores = parts.baskets.scores(baskets, read.customer[some], cache)
        about = about_baskets(baskets, read.customer[some]) @ weights.coefficients[n_features:] + weights.intercept
        total = np.broadcast_to(about[:, None], (len(some), len(catalogue))).copy()
        for weight, score in zip(weights.coefficients, scores, strict=False):
            total += weight * score
        is_open = (baskets.toarray() == 0) & allowed[catalogue][None, :]
        if limits is not None:
            is_open &= limits.quantity(some) > 0
        row, column = _best(np.where(is_open, total, -np.inf), tie, k)
        features = np.stack([score[row if score.shape[0] > 1 else row * 0, column] for score in scores], axis=1)
        split = np.zeros((len(row), len(names)))
        for i, name in enumerate(NAMES):
            split[:, names.index(name)] += features[:, i] * weights.coefficients[i]
        split[:, -1] = about[row]
        speaking = _speaking(baskets, row, column, cache["weights"], catalogue)
        found.append((some[row], catalogue[column], total[row, column], split, speaking))
    nothing = np.zeros(0, dtype=np.int64)
    empty = (nothing, nothing, np.zeros(0), np.zeros((0, len(names))), np.zeros((0, SPOKESMEN), dtype=np.int64))
    owner, product, score, split, speaking = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    reasons = Reasons(names=names, parts=split, products={"together": speaking}, ids=parts.products.ids)
    return owner, product, score, reasons


def _matrix(read: Baskets, catalogue: Ints) -> Any:
    from scipy.sparse import csr_array

    place = np.full(max(int(read.product.max(initial=0)), int(catalogue.max(initial=0))) + 2, -1)
    place[catalogue] = np.arange(len(catalogue))
    column = np.where(read.product >= 0, place[read.product], -1)
    kept = column >= 0
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    matrix = csr_array((ones, (read.basket[kept], column[kept])), shape=(len(read.ids), len(catalogue)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _best(total: Floats, tie: Ints, k: int) -> tuple[Ints, Ints]:
    """Return row and column of the best of each row; of equal ones that with more recent customers."""
    n_rows, n = total.shape
    local = np.argsort(np.argsort(tie, kind="stable"), kind="stable")
    key = micro_units(total) * n + (n - 1 - local)[None, :]
    pool = min(k, n)
    if not pool:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    column = np.argpartition(-key, pool - 1, axis=1)[:, :pool]
    row, column = np.repeat(np.arange(n_rows), pool), column.ravel()
    order = np.lexsort((-key[row, column], row))
    row, column = row[order], column[order]
    kept = ~np.isneginf(total[row, column])
    return row[kept], column[kept]


def _speaking(baskets: Any, row: Ints, column: Ints, weights: Any, catalogue: Ints) -> Ints:
    """Return the products of the basket with the largest weights for each product."""
    found = np.full((len(row), SPOKESMEN), -1)
    for i, (one, target) in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
        own = baskets.indices[baskets.indptr[one] : baskets.indptr[one + 1]]
        weight = weights[own, target]
        best = own[np.lexsort((own, -weight))][:SPOKESMEN]
        best = best[weights[best, target] > 0]
        found[i, : len(best)] = catalogue[best]
    return found


def _rows(
    parts: "Parts", read: Baskets, owner: Ints, product: Ints, score: Floats, reasons: Reasons, extra: dict[str, Any]
) -> Rows:
    chance = 1 / (1 + np.exp(-score)) if parts.has_basket_chances else np.full(len(score), np.nan)
    return Rows(
        key=read.ids[owner],
        rank=np.arange(len(owner)) - np.searchsorted(owner, owner) + 1,
        product=parts.products.ids[product],
        probability=chance,
        source=reasons.sources,
        margin=chance * parts.products.margin[product],
        extra=extra,
        texts=[],
    )
