"""The product page: what is bought together with a product, and what is like it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.checks import integer, one_of
from ..._core.notes import Note
from ..._core.texts import counted
from .._rank import Choice, first_k, tie_ranks
from .._read.products import codes_of, kind_of
from .._result import Recommendations, Rows, make_recommendations
from .lists import allowed_products, bestsellers, checked_k, fill_up, ids_of, ranked, short_lists

if TYPE_CHECKING:
    from .._recommender import Parts, Recommender

KINDS = ("together", "similar")
BLOCK = 64
"""Products whose likeness to all others is in memory at once."""


def recommend_detail(
    model: "Recommender", products: object, k: object, kind: object, available: object, max_per: object
) -> Recommendations:
    """Check the options, rank, and fill up with bestsellers."""
    parts, k, kind = model._parts, checked_k(k), one_of("kind", kind, KINDS)
    allowed = allowed_products(parts.products, parts.fitted.history.day, available)
    most = None if max_per is None else integer("max_per", max_per, low=1)
    group = None if most is None else kind_of("category", parts.products.kinds)
    choice = Choice(k=k, repeat="auto", allowed=allowed, group=group, max_per=most)
    if products is None:
        ids, codes = parts.products.ids[parts.baskets.catalogue], parts.baskets.catalogue
    else:
        ids = ids_of(products, "product_id", argument="products")
        codes = codes_of(parts.products.ids, ids)
    best, blocked = bestsellers(parts.fitted.history.recent, allowed), [{int(code)} for code in codes.tolist()]
    owner, product, value, chance = _together(parts, codes, choice)
    text = ["together"] * len(owner)
    more_owner, more = fill_up(owner, product, len(codes), k, best, blocked)
    if kind == "similar":
        shown_owner, shown = np.concatenate([owner, more_owner]), np.concatenate([product, more])
        for one, code in zip(shown_owner.tolist(), shown.tolist(), strict=True):
            blocked[one].add(code)
        owner, product, value, text = _similar(parts, codes, choice, shown_owner, shown)
        chance = np.full(len(owner), np.nan)
        more_owner, more = fill_up(owner, product, len(codes), k, best, blocked)
    notes = _notes(parts, codes, kind)
    is_first = np.arange(len(owner) + len(more)) < len(owner)
    owner, product = np.concatenate([owner, more_owner]), np.concatenate([product, more])
    value, chance = np.append(value, np.zeros(len(more))), np.append(chance, np.full(len(more), np.nan))
    order = ranked(owner, product, value, is_first, tie_ranks(parts.fitted.history.recent))
    source = np.array(text + ["popular"] * len(more), dtype=object)[order]
    probability = chance[order]
    rows = Rows(
        key=ids[owner[order]],
        rank=np.arange(len(order)) - np.searchsorted(owner[order], owner[order]) + 1,
        product=parts.products.ids[product[order]],
        probability=probability,
        source=[one.partition(",")[0] for one in source.tolist()],
        margin=probability * parts.products.margin[product[order]],
        extra={},
        texts=source.tolist(),
    )
    notes += short_lists(owner[order], len(ids), k)
    return make_recommendations(rows, "detail", len(ids), model.as_of, tuple(notes), None, like=parts.like)


def _notes(parts: "Parts", codes: Ints, kind: str) -> list[Note]:
    """Return notes of products that the model does not know, and of a catalogue that does not say what is alike."""
    notes = []
    unknown = int((codes < 0).sum())
    if unknown:
        words = f"{counted(unknown, 'product')} that the model does not know: bestsellers only"
        notes.append(Note(words, code="unknown_products_asked", count=unknown))
    if kind == "similar" and not parts.products.kinds and parts.visits is None:
        words = "no category, brand or views are known, by which products are alike: bestsellers only"
        notes.append(Note(words, code="nothing_alike", count=len(codes)))
    return notes


def _together(parts: "Parts", codes: Ints, choice: Choice) -> tuple[Ints, Ints, Floats, Floats]:
    """Return owner, product, weight and chance of the products that go most with each one, by EASE on orders."""
    catalogue = parts.baskets.catalogue
    column = codes_of(catalogue, codes) if len(codes) else codes
    has = np.flatnonzero(column >= 0)
    weights, chances = (matrix[column[has]].tocoo() for matrix in (parts.baskets.weights, parts.baskets.together))
    owner, product = has[weights.coords[0]], catalogue[weights.coords[1]]
    kept = choice.allowed[product] & (weights.data > 0)
    owner, product, value, chance = owner[kept], product[kept], weights.data[kept], chances.data[kept]
    tie = tie_ranks(parts.fitted.history.recent)
    order = ranked(owner, product, value, np.ones(len(owner), dtype=bool), tie)
    order, _ = first_k(order, owner, product, choice)
    return owner[order], product[order], value[order], chance[order]


def _similar(
    parts: "Parts", codes: Ints, choice: Choice, shown_owner: Ints, shown: Ints
) -> tuple[Ints, Ints, Floats, list[str]]:
    """Return owner, product and likeness: kinds that agree, and the share of common views."""
    found: list[tuple[Ints, Ints, Floats]] = []
    texts: list[str] = []
    tie = tie_ranks(parts.fitted.history.recent)
    for first in range(0, len(codes), BLOCK):
        part = codes[first : first + BLOCK]
        agreeing = _agreeing(parts, part)
        total: Any = sum(agreeing.values()) if agreeing else np.zeros((len(part), len(choice.allowed)))
        total = np.where(choice.allowed[None, :], total, 0.0)
        known = np.flatnonzero(part >= 0)
        total[known, part[known]] = 0
        is_here = (shown_owner >= first) & (shown_owner < first + BLOCK)
        total[shown_owner[is_here] - first, shown[is_here]] = 0
        owner, product = np.nonzero(total > 0)
        value = total[owner, product]
        order = ranked(owner, product, value, np.ones(len(owner), dtype=bool), tie)
        order, _ = first_k(order, owner, product, choice)
        owner, product = owner[order], product[order]
        found.append((owner + first, product, value[order]))
        texts += _agreements(agreeing, owner, product)
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), []
    owner, product, value = (np.concatenate(column) for column in zip(*found, strict=True))
    return owner, product, value, texts


def _agreeing(parts: "Parts", codes: Ints) -> dict[str, Any]:
    """Return for each kind which products agree, and for views how large a part of the views are common."""
    agreeing: dict[str, Any] = {}
    for name, kind in parts.products.kinds.items():
        own = np.where(codes >= 0, kind[codes], -1)
        agreeing[name] = ((own[:, None] == kind[None, :]) & (own >= 0)[:, None]).astype(np.float64)
    if parts.visits is not None:
        common = parts.visits.together[np.maximum(codes, 0)].toarray() * (codes >= 0)[:, None]
        agreeing["viewed"] = common
    return agreeing


def _agreements(agreeing: dict[str, Any], owner: Ints, product: Ints) -> list[str]:
    has: dict[str, Bools] = {name: values[owner, product] > 0 for name, values in agreeing.items()}
    return [", ".join(name for name in has if has[name][i]) for i in range(len(owner))]
