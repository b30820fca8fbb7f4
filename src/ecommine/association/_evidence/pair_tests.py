"""Every pair of frequent products beside chance: counts, expectations, both tails, customers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.checks import counted
from .._correction import Correction, q_values
from .._encoding import Ints
from .._mining.baskets import Baskets
from .._mining.postings import Postings
from .._mining.select import least_count
from .._mining.sparse import by_row
from .._output.measures import Floats
from .clusters import Clusters
from .expected import HALF, Season, Strata, left_over, lower_tail, strata, upper_tail, within_margins
from .per_rule import Side, design_effects
from .rule_tests import WORTH

MOST = 1_000
"""The most frequent products that are paired when no support is given."""
CELLS = 1 << 22
"""Pairs computed at once."""
UNSEEN = 3.0
"""Expected orders from which a pair that was never seen is listed: below, chance alone has p > .05."""
RELATIONS = ("complement", "substitute", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which pairs are compared, and how."""

    share: float | None
    clustered: bool
    season: Season | None
    correction: Correction | None
    alpha: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """Pairs in codes, sorted as they are shown."""

    a: Ints
    b: Ints
    count: Ints
    expected: Floats
    lift: Floats
    p: Floats
    q: Floats
    effect: Floats
    relation: Ints

    def columns(self, side: str, labels: "np.ndarray[Any, Any]") -> dict[str, Any]:
        return {
            f"{side}_a": labels[self.a].tolist(),
            f"{side}_b": labels[self.b].tolist(),
            "count": self.count,
            "expected": self.expected,
            "lift": self.lift,
            "adjusted_lift": self.count / np.where(self.expected > 0, self.expected, np.nan),
            "p_value": self.p,
            "q_value": self.q,
            "design_effect": self.effect,
            "relation": [RELATIONS[kind] for kind in self.relation],
        }


def compared(baskets: Baskets, wish: Wish) -> tuple[Compared, list[str]]:
    """Compare every two frequent products with chance, and say what is not listed."""
    counts = np.bincount(baskets.items, minlength=len(baskets.products))
    items, notes = frequent(counts, wish.share, baskets.n_orders)
    found = strata(baskets, wish.season)
    shares, together = by_stratum(baskets, items, found)
    blocks = list(_blocks(shares, together, found))
    a, b, count, mean = (np.concatenate([np.zeros(0, kind), *(x[i] for x in blocks)]) for i, kind in enumerate("iiid"))
    family = len(items) * (len(items) - 1) // 2
    if family > len(a):
        notes.append(
            f"{family - len(a):,} of {family:,} pairs never bought together, and hardly expected, are not listed"
        )
    more = count > mean
    p = np.where(more, upper_tail(count, mean), lower_tail(count, mean))
    effect = np.ones(len(p))
    if wish.clustered and baskets.customers is not None:
        p, effect = _with_customers(p, a, b, count, mean, items, shares, baskets, found, max(WORTH, wish.alpha))
    q = np.empty(len(p))
    for way in (more, ~more):
        q[way] = q_values(p[way], family, wish.correction)
    relation = np.where(q < wish.alpha, np.where(more, 0, 1), 2)
    chance = counts[items[a]].astype(np.float64) * counts[items[b]] / max(baskets.n_orders, 1)
    strength = np.where(mean > 0, count / np.where(mean > 0, mean, 1.0), np.inf)
    # Complements by strength; substitutes by evidence, since the strongest are simply never there. Where p is too small
    # for a number, the standard score decides.
    less = relation == 1
    score = np.divide(count - mean, np.sqrt(mean * effect), out=-strength, where=less)
    order = np.lexsort((b, a, score.round(9), np.where(less, p, 0.0), relation))
    parts = {"a": items[a], "b": items[b], "count": count, "expected": mean, "lift": count / chance}
    parts |= {"p": p, "q": q, "effect": effect, "relation": relation}
    return Compared(**{name: one[order] for name, one in parts.items()}), notes


def frequent(counts: Ints, share: float | None, n_orders: int) -> tuple[Ints, list[str]]:
    """Choose the products that are paired, and say which are not."""
    if share is not None:
        return np.flatnonzero(counts >= least_count(share, n_orders)), []
    items = np.sort(np.lexsort((np.arange(len(counts)), -counts))[:MOST])
    left = int((counts > 0).sum()) - len(items)
    return items, [f"{counted(left, 'less frequent product')} left out: give min_support to choose"] if left > 0 else []


def by_stratum(baskets: Baskets, items: Ints, found: Strata) -> tuple[Floats, Any]:
    """Return the share of each product in each stratum, and the matrix of orders by product."""
    local = np.full(len(baskets.products), -1)
    local[items] = np.arange(len(items))
    kept = local[baskets.items] >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[baskets.starts]
    held = by_row(ends, local[baskets.items[kept]], len(items), dtype=np.int32)
    order = np.repeat(found.of_order, np.diff(ends))
    cells = np.bincount(order * len(items) + held.indices, minlength=found.n * len(items)).reshape(found.n, len(items))
    return found.shares(cells.T).T, held


def _blocks(shares: Floats, held: Any, found: Strata) -> Iterator[tuple[Ints, Ints, Ints, Floats]]:
    """Count and expect every pair, a block of products at a time; list what was seen or was to be expected."""
    n = held.shape[1]
    weighted, uncertain = shares * found.with_pairs[:, None], shares * (1 - shares)
    crowded = uncertain * (found.with_pairs * found.crowding)[:, None]
    tight = np.flatnonzero((found.crowding > HALF) & (found.with_pairs > 0))
    by_item, step = held.tocsc(), max(CELLS // max(n, 1), 1)
    orders = found.orders @ shares
    for first in range(0, n, step):
        block = slice(first, min(first + step, n))
        count = (by_item[:, block].T @ held).toarray()
        mean = weighted[:, block].T @ shares - crowded[:, block].T @ uncertain
        for one in tight:  # what products leave each other is no product of two numbers there
            mean += _beyond(shares[one, block], shares[one], found.crowding[one]) * found.with_pairs[one]
        mean = within_margins(mean, orders[block, None], orders[None, :])
        upper = np.arange(n)[None, :] > np.arange(n)[block, None]
        a, b = np.nonzero(upper & ((count > 0) | (mean >= UNSEEN)))
        yield a + first, b, count[a, b].astype(np.int64), mean[a, b]


def _beyond(left: Floats, right: Floats, crowding: float) -> Floats:
    """Return what is to be added in one stratum to pairs of which more is taken than a half."""
    taken = crowding * np.outer(1 - left, 1 - right)
    return np.asarray(np.outer(left, right) * (left_over(taken) - (1 - taken)))


def _with_customers(
    p: Floats,
    a: Ints,
    b: Ints,
    count: Ints,
    mean: Floats,
    items: Ints,
    shares: Floats,
    baskets: Baskets,
    found: Strata,
    worth: float,
) -> tuple[Floats, Floats]:
    """Raise p-values to what independent customers allow, and return the design effects; see :mod:`._clusters`."""
    raised, rows, postings = p.copy(), np.flatnonzero(p < worth), Postings(baskets)
    a, b, count, mean = a[rows], b[rows], count[rows], mean[rows]
    clusters, effects, step = Clusters.make(baskets.clusters, found), np.ones(len(rows)), max(CELLS // found.n, 1)
    for first in range(0, len(rows), step):
        some = slice(first, first + step)
        left, right = (Side(postings=postings, sets=items[one[some]][:, None]) for one in (a, b))
        effects[some] = design_effects(clusters, left, right, shares[:, a[some]].T, shares[:, b[some]].T, found)
    thinned = (count / effects, mean / effects)
    raised[rows] = np.where(count > mean, upper_tail(*thinned), lower_tail(*thinned))
    known = np.full(len(p), np.nan)
    known[rows] = effects
    return raised, known
