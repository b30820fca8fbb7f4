"""The best products of each customer: scores in blocks, what may not be shown left out first, ties resolved."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._core.arrays import Bools, Floats, Ints
from .._core.frames import MICRO
from .._core.threads import map_on_cores
from ._learn import BLOCK, CUSTOMER_FEATURES, Blend, blocks_of
from ._signals.fitted import Block, FittedSignals
from ._signals.pairs import at_pairs, customer_features, own_features, pairs_of, positions_in

Repeat = Literal["auto", "exclude", "only"]
REPEATS: tuple[Repeat, ...] = ("auto", "exclude", "only")
POOL = 20
"""Candidates for each place where a list holds at most so many of a category."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lists:
    """Recommended products, by customer and rank.

    Attributes
    ----------
    owner, rank, product : int arrays of shape (n_rows,)
        Position in the customers asked for, place from 1, and code of the product.
    score : float array of shape (n_rows,)
        Log-odds, or the raw score of a single signal.
    is_bought : bool array of shape (n_rows,)
        Whether the customer bought it before.
    parts : float array of shape (n_rows, n_signals + 1)
        Contributions to the score: of each signal that scores the catalogue, and of the customer alone.
    """

    owner: Ints
    rank: Ints
    product: Ints
    score: Floats
    is_bought: Bools
    parts: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """Scores of a block: a dense matrix over the catalogue, and the pairs that were bought before.

    ``members`` are the scores of the signals, ``base`` the log-odds of each customer for a product without any.
    """

    dense: Any
    row: Ints
    product: Ints
    column: Ints
    score: Floats
    members: list[Any]
    base: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """What may be shown, and how it is ordered.

    Attributes
    ----------
    allowed : bool array of shape (n_products,)
    margin : float array of shape (n_products,) or None
        By which chances are multiplied.
    group : int array of shape (n_products,) or None
        Of which a list holds at most ``max_per``; -1 is a group of its own.
    """

    k: int
    repeat: Repeat
    allowed: Bools
    margin: Floats | None = None
    group: Ints | None = None
    max_per: int | None = None

    @property
    def pool(self) -> int:
        """Candidates that are ranked for a list."""
        return self.k if self.max_per is None else self.k * POOL


def tie_ranks(recent: Ints) -> Ints:
    """Return the place of each product among equal scores: more recent customers first, then by id."""
    order = np.lexsort((np.arange(len(recent)), -recent))
    place = np.empty(len(recent), dtype=np.int64)
    place[order] = np.arange(len(recent))
    return place


def blended(fitted: FittedSignals, blend: Blend, block: Block) -> Scored:
    """Return the log-odds of all products of a block of customers."""
    history, n_signals = fitted.history, len(fitted.members)
    scores = fitted.scores(block)
    about = customer_features(history, block.customers)
    base = about @ blend.new.coefficients[n_signals:] + blend.new.intercept
    dense = np.broadcast_to(base[:, None], (len(base), len(fitted.catalogue))).astype(np.float32)
    for weight, score in zip(blend.new.coefficients[:n_signals], scores, strict=True):
        dense += np.float32(weight) * score.astype(np.float32)
    pair, row = pairs_of(history, block.customers)
    product = history.product[pair]
    column = positions_in(fitted.catalogue, history.n_products)[product]
    own = own_features(history, pair, block.customers[row]) if fitted.has_own else np.zeros((len(pair), 0))
    features = np.concatenate([own, at_pairs(scores, row, column), about[row]], axis=1)
    return Scored(
        dense=dense,
        row=row,
        product=product,
        column=column,
        score=blend.bought.score(features),
        members=scores,
        base=base,
    )


def single(fitted: FittedSignals, block: Block) -> Scored:
    """Return the raw scores of one signal alone."""
    history = fitted.history
    pair, row = pairs_of(history, block.customers)
    product = history.product[pair]
    column = positions_in(fitted.catalogue, history.n_products)[product]
    shape, base = (len(block.customers), len(fitted.catalogue)), np.zeros(len(block.customers))
    if fitted.members:
        members = fitted.scores(block)[:1]
        dense, score = np.broadcast_to(members[0], shape).astype(np.float32), at_pairs(members, row, column)[:, 0]
    else:
        members, dense = [], np.full(shape, -np.inf, dtype=np.float32)
        score = history.decayed[pair].astype(np.float64)
    return Scored(dense=dense, row=row, product=product, column=column, score=score, members=members, base=base)


def top_lists(fitted: FittedSignals, blend: Blend | None, customers: Ints, choice: Choice) -> Lists:
    """Return the list of each customer, blocks of them on all cores; a single signal where there is no blend."""
    cache: dict[str, Any] = {}
    tie = tie_ranks(fitted.history.recent)

    def block_lists(number: int, part: Ints) -> tuple[Any, ...]:
        block = fitted.block(part, cache)
        scored = single(fitted, block) if blend is None else blended(fitted, blend, block)
        row, product, score, is_bought = _candidates(fitted, scored, choice, tie)
        value = score if choice.margin is None else choice.margin[product] / (1 + np.exp(-score))
        order = np.lexsort((tie[product], -micro_units(value), row))
        kept, rank = first_k(order, row, product, choice)
        row, product, score, is_bought = row[kept], product[kept], score[kept], is_bought[kept]
        if blend is None:
            parts = np.zeros((len(row), 0))
        else:
            parts = _parts(fitted, blend, block, scored, row, product, is_bought)
        return row + number * BLOCK, rank, product, score, is_bought, parts

    blocks = blocks_of(customers)
    return _joined(
        map_on_cores(block_lists, range(len(blocks)), blocks), 0 if blend is None else len(fitted.members) + 1
    )


def _joined(blocks: list[tuple[Any, ...]], width: int) -> Lists:
    nothing = np.zeros(0, dtype=np.int64)
    empty = (nothing, nothing, nothing, np.zeros(0), np.zeros(0, dtype=bool), np.zeros((0, width)))
    columns = [np.concatenate(part) for part in zip(empty, *blocks, strict=True)]
    names = ("owner", "rank", "product", "score", "is_bought", "parts")
    return Lists(**dict(zip(names, columns, strict=True)))


def _parts(
    fitted: FittedSignals, blend: Blend, block: Block, scored: Scored, row: Ints, product: Ints, is_bought: Bools
) -> Floats:
    """Return what each signal adds to the score, beside what the customer alone has."""
    n_signals = len(fitted.members)
    column = positions_in(fitted.catalogue, fitted.history.n_products)[product]
    scores = at_pairs(scored.members, row, column)
    first = len(blend.bought.coefficients) - CUSTOMER_FEATURES - n_signals
    of_bought = blend.bought.coefficients[first : first + n_signals]
    weights = np.where(is_bought[:, None], of_bought[None, :], blend.new.coefficients[None, :n_signals])
    for i, member in enumerate(fitted.members):
        if member.name in block.scales:  # without any weight the score is not 0 but below the customer's mean
            mean, deviation = block.scales[member.name]
            scores[:, i] += (mean / deviation)[row]
    base = scored.base[row].copy()
    for i, member in enumerate(fitted.members):
        if member.name in block.scales:
            mean, deviation = block.scales[member.name]
            base -= blend.new.coefficients[i] * (mean / deviation)[row]
    return np.concatenate([scores * weights, base[:, None]], axis=1)


def micro_units(value: Any) -> Any:
    """Return scores as whole micro-units: what is equal to six digits is a tie."""
    return np.floor(np.asarray(value, dtype=np.float64) * MICRO + 0.5)


def _candidates(fitted: FittedSignals, scored: Scored, choice: Choice, tie: Ints) -> tuple[Ints, Ints, Floats, Bools]:
    """Return rows, products, scores and whether bought before: all pairs bought, and the best of the others."""
    is_shown = choice.allowed[scored.product]
    bought = np.flatnonzero(is_shown) if choice.repeat != "exclude" else np.zeros(0, dtype=np.int64)
    row, column = _best_new(fitted, scored, choice, tie)
    return (
        np.concatenate([scored.row[bought], row]),
        np.concatenate([scored.product[bought], fitted.catalogue[column]]),
        np.concatenate([scored.score[bought], scored.dense[row, column].astype(np.float64)]),
        np.arange(len(bought) + len(row)) < len(bought),
    )


def _best_new(fitted: FittedSignals, scored: Scored, choice: Choice, tie: Ints) -> tuple[Ints, Ints]:
    """Return row and column of the best products that were not bought before."""
    n_rows, n = scored.dense.shape
    if choice.repeat == "only" or not n:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    inside = scored.column >= 0
    scored.dense[scored.row[inside], scored.column[inside]] = -np.inf
    scored.dense[:, ~choice.allowed[fitted.catalogue]] = -np.inf
    value = scored.dense.astype(np.float64)
    if choice.margin is not None:
        value = np.where(np.isneginf(value), value, choice.margin[fitted.catalogue] / (1 + np.exp(-value)))
    local = np.argsort(np.argsort(tie[fitted.catalogue], kind="stable"), kind="stable")
    key = micro_units(value)
    key *= n
    key += (n - 1 - local)[None, :]  # no two keys are equal
    pool = min(choice.pool, n)
    column = np.argpartition(key, n - pool, axis=1)[:, n - pool :]
    row = np.repeat(np.arange(n_rows), pool)
    column = column.ravel()
    is_there = ~np.isneginf(key[row, column])
    return row[is_there], column[is_there]


def first_k(order: Ints, row: Ints, product: Ints, choice: Choice) -> tuple[Ints, Ints]:
    """Return the first k of each row of ordered candidates with their rank, at most so many of a group."""
    if choice.max_per is not None and choice.group is not None:
        group = choice.group[product[order]]
        group = np.where(group < 0, len(choice.group) + product[order], group)
        order = order[_place_within(row[order], group) < choice.max_per]
    place = _place_within(row[order])
    return order[place < choice.k], place[place < choice.k] + 1


def _place_within(*keys: Ints) -> Ints:
    """Count how many earlier rows have the same keys."""
    packed = keys[0] if len(keys) == 1 else keys[0].astype(np.int64) * (int(keys[1].max(initial=0)) + 1) + keys[1]
    order = np.argsort(packed, kind="stable")
    ordered = packed[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    place = np.empty(len(packed), dtype=np.int64)
    place[order] = np.arange(len(packed)) - np.repeat(starts, np.diff(np.append(starts, len(packed))))
    return place
