"""A visit: the next product, by those viewed so far."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Floats, Ints
from .._rank import micro_units, tie_ranks
from .._read.events import Views, read_views
from .._result import Recommendations, Rows, make_recommendations
from .._signals.visits import Moves, some_moves
from .lists import allowed_products, bestsellers, checked_k, fill_up, short_lists

if TYPE_CHECKING:
    from .._recommender import Recommender

BLOCK = 256
MIN_SHARE = 0.05


def recommend_visit(model: "Recommender", events: object, k: object, available: object) -> Recommendations:
    """Check the options, read the latest visit of each visitor, and rank."""
    parts, k = model._parts, checked_k(k)
    allowed = allowed_products(parts.products, parts.fitted.history.day, available)
    views = read_views(events, None, parts.products.ids, parts.customers)
    if parts.visits is None:
        raise ValueError(
            "`events` were not given to fit: give it the events of the shop, from which visits are learned"
        )
    moves, found, texts = latest_visits(views, len(parts.products.ids)), [], []
    tie = tie_ranks(parts.fitted.history.recent)
    for first in range(0, len(moves.last), BLOCK):
        part = some_moves(moves, slice(first, first + BLOCK))
        share = parts.visits.shares(part)
        owner, product, value = _best(np.where(allowed[None, :], share, 0.0), tie, k)
        chance = parts.visits.chances(value, _places(share, owner, value))
        found.append((owner + first, product, chance))
        mixture = [
            weight * score[owner, product]
            for weight, score in zip(parts.visits.weights, parts.visits.parts(part), strict=True)
        ]
        texts += _reasons(parts.visits.names, mixture)
    empty = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    owner, product, value = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    best = bestsellers(parts.fitted.history.recent, allowed)
    more, added = fill_up(owner, product, len(views.visitors), k, best, _viewed(moves))
    order = np.argsort(np.concatenate([owner, more]), kind="stable")
    owner, product = np.concatenate([owner, more])[order], np.concatenate([product, added])[order]
    value = np.concatenate([value, np.full(len(more), np.nan)])[order]
    texts = [[*texts, *["popular 100%"] * len(more)][i] for i in order.tolist()]
    rows = Rows(
        key=views.visitors[owner],
        rank=np.arange(len(owner)) - np.searchsorted(owner, owner) + 1,
        product=parts.products.ids[product],
        probability=value,
        source=[text.partition(" ")[0] for text in texts],
        margin=value * parts.products.margin[product],
        extra={},
        texts=texts,
    )
    notes = (*views.notes, *short_lists(owner, len(views.visitors), k))
    return make_recommendations(rows, "visit", len(views.visitors), model.as_of, notes, None, views.like)


def _viewed(moves: Moves) -> list[set[int]]:
    """Return the products of each visit."""
    bounds, indices = moves.viewed.indptr, moves.viewed.indices.tolist()
    return [set(indices[bounds[i] : bounds[i + 1]]) for i in range(len(moves.last))]


def _places(share: Floats, owner: Ints, value: Floats) -> Ints:
    """Return the place of each value among all products of its row, from 1."""
    place = np.ones(len(owner), dtype=np.int64)
    bounds = np.searchsorted(owner, np.arange(len(share) + 1))
    for i, row in enumerate(np.sort(-share, axis=1)):
        part = slice(bounds[i], bounds[i + 1])
        place[part] = np.searchsorted(row, -value[part]) + 1
    return place


def latest_visits(views: Views, n_products: int) -> Moves:
    """Return the latest visit of each visitor: all products that it had, and the last one."""
    from scipy.sparse import csr_array

    n = len(views.visitors)
    latest, last = np.full(n, -1), np.full(n, -1)
    latest[views.visitor] = views.visit  # rows are sorted by visitor and time, so that the last one stays
    last[views.visitor] = views.product
    kept = views.visit == latest[views.visitor]
    viewed = csr_array((np.ones(int(kept.sum())), (views.visitor[kept], views.product[kept])), shape=(n, n_products))
    viewed.data[:] = 1
    return Moves(viewed=viewed, last=last, following=last)


def _best(chance: Floats, tie: Ints, k: int) -> tuple[Ints, Ints, Floats]:
    """Return owner, product and share of the best of each row, none whose share is 0."""
    n_rows, n = chance.shape
    key = micro_units(chance * 1_000) * n + (n - 1 - tie)[None, :]
    pool = min(k, n)
    column = np.argsort(-key, axis=1, kind="stable")[:, :pool]
    owner, column = np.repeat(np.arange(n_rows), pool), column.ravel()
    kept = chance[owner, column] > 0
    return owner[kept], column[kept], chance[owner[kept], column[kept]]


def _reasons(names: tuple[str, ...], mixture: list[Any]) -> list[str]:
    """Return the parts of each chance in words, the largest first."""
    parts = np.stack(mixture, axis=1) if mixture else np.zeros((0, 1))
    shares = parts / np.where(parts.sum(axis=1, keepdims=True) > 0, parts.sum(axis=1, keepdims=True), 1.0)
    order = np.argsort(-shares, axis=1, kind="stable")
    words = [name.replace(" ", "_") for name in names]
    return [
        ", ".join(f"{words[j]} {shares[i, j]:.0%}" for j in order[i].tolist() if shares[i, j] >= MIN_SHARE)
        for i in range(len(shares))
    ]
