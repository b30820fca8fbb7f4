r"""The chance to reach the goal, and the steps to it, if only the present state mattered: an absorbing Markov chain.

With :math:`Q` the chances from state to state (of those that are neither the goal nor the end) and :math:`r` those from
each state to the goal in one step, the fundamental matrix :math:`N = (I - Q)^{-1}` holds the expected visits to each
state, the goal is reached with chance :math:`b = N r`, and those that reach it take :math:`(N b)_i / b_i` steps.

Each step of a visitor moves these numbers by what it tells more than was expected; squares of the sums over visitors
give the variances (delta method), also that of the difference to what was observed.

References
----------
Kemeny, J. G. and Snell, J. L. (1960). Finite Markov chains. Van Nostrand. Chapter III.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .._curves import wilson_each
from .._shares import bounds, divided
from .visits import Visits

FEWEST, FEWEST_EACH = 50, 5
"""Paths, and paths that reach the goal and that do not, from which the chain is compared with what was observed."""
BLOCK = 1 << 23
"""Numbers that are held of the visitors who are looked at together."""
SINGLE, NARROW = 1 << 18, 64
"""Multiplications that BLAS does in one thread, and columns up to which a table is multiplied in such small parts.

On a machine that does other work too, threads wait for each other far longer than they work on a narrow table.
"""
Bounds = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """What the chain says of each state, the start last, and what was observed; each with its interval.

    Attributes
    ----------
    chance, observed : tuple of three float arrays of shape (n_states + 1,)
        Share that reaches the goal, low, high: by the chain, and of the paths that came to the state.
    to_goal, to_end : tuple of three float arrays of shape (n_states + 1,)
        Expected steps to the goal of those that reach it, and to the end of the others, low, high.
    p_value : float array of shape (n_states + 1,)
        Of the difference between chance and observed; unknown where there are few paths.
    seen : int array of shape (n_states + 1,)
        Paths that are over and came to the state before the goal.
    """

    chance: Bounds
    observed: Bounds
    to_goal: Bounds
    to_end: Bounds
    p_value: Floats
    seen: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Taken:
    """Steps of paths that are over up to their first goal, and the states that each of these paths came to before it.

    There are two of each array: of what visits are, and of what paths are, whose first step leads from the start.
    States stand for themselves, then come the start and the end; ``pair`` is the state times the number of states with
    start and end, plus the next state. All is in the order of visitors.
    """

    pair: tuple[Ints, Ints]
    visitor: tuple[Ints, Ints]
    state: tuple[Ints, Ints]
    reached: tuple[Bools, Bools]
    visitor_of_state: tuple[Ints, Ints]


def chain_of(visits: Visits, firsts: Ints, z: float) -> Chain:
    """Estimate the chain from the paths that are over, each up to its first goal; ``firsts`` are first visits."""
    n, taken = len(visits.names) + 1, _taken(visits, firsts)
    goal = np.append(visits.goal, [False, False])
    counts = _tallied(taken.pair, n * (n + 1)).reshape(n, n + 1)
    out = counts.sum(axis=1)
    chances = counts / np.maximum(out, 1)[:, None]
    visited = np.linalg.inv(np.eye(n) - np.where(goal[:n], 0.0, chances[:, :n]))
    chance = np.where(goal, 1.0, np.append(visited @ chances[:, goal].sum(axis=1), 0.0))
    seen = _tallied(taken.state, n)
    reached = [state[of] for state, of in zip(taken.state, taken.reached, strict=True)]
    observed = divided(_tallied(reached, n), seen)
    ways = [_Way.to(one, visited, goal) for one in (chance, 1.0 - chance)]
    moments, visitors = _moments(taken, ways, observed, n)
    moves = visited / np.maximum(out, 1)
    none, own = np.zeros((n, n)), np.diag(1 / np.maximum(seen, 1))
    of_chance, of_observed = np.hstack([moves, none, none, none]), np.hstack([none, none, none, own])
    known = np.where((out > 0) & (seen > 0), 1.0, np.nan)
    share = np.clip(chance[:n], 0.0, 1.0) * known
    return Chain(
        chance=(share, *_around(share, _variance(of_chance, moments), visitors, z)),
        observed=(observed, *bounds(observed, seen, np.diag(moments)[3 * n :], visitors, z)),
        to_goal=ways[0].steps(np.hstack([visited @ moves, moves, none, none]), of_chance, moments, known, z),
        to_end=ways[1].steps(np.hstack([-visited @ moves, none, moves, none]), -of_chance, moments, known, z),
        p_value=_p_value(observed - share, _variance(of_observed - of_chance, moments), seen, observed),
        seen=seen,
    )


def _tallied(parts: Iterable[Ints], size: int) -> Ints:
    """Count how often each number is there in all parts."""
    found: Ints = np.sum([np.bincount(part, minlength=size) for part in parts], axis=0)
    return found


def _taken(visits: Visits, firsts: Ints) -> _Taken:
    n, over = len(visits.names) + 1, ~visits.open
    goals = np.flatnonzero(visits.goal[visits.state])
    end, reached = visits.last + 1, np.zeros(visits.n_paths, dtype=bool)
    end[visits.path[goals][::-1]] = goals[::-1]  # of several goals the first is written last
    end = np.where(over, end, visits.first)
    reached[visits.path[goals]] = True
    following = np.append(visits.state, n)[1:]
    following[visits.last] = n
    kept = np.flatnonzero(np.arange(len(visits.state)) < end[visits.path])
    came = firsts[firsts < end[visits.path[firsts]]]
    path, whole = visits.path[came], np.full(int(over.sum()), n - 1)
    return _Taken(
        pair=(visits.state[kept] * (n + 1) + following[kept], whole * (n + 1) + visits.state[visits.first[over]]),
        visitor=(visits.visitor[visits.path[kept]], visits.visitor[over]),
        state=(visits.state[came], whole),
        reached=(reached[path], reached[over]),
        visitor_of_state=(visits.visitor[path], visits.visitor[over]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Way:
    """One way out: the chance of it from each state, and the steps to it times that chance (the start and end last)."""

    chance: Floats
    total: Floats

    @classmethod
    def to(cls, chance: Floats, visited: "np.ndarray[Any, Any]", goal: Bools) -> "_Way":
        n = len(visited)
        inside = np.where(goal[:n], 0.0, chance[:n])
        return cls(chance=chance, total=np.append(np.where(goal[:n], 0.0, visited @ inside), 0.0))

    def surprise(self) -> tuple[Floats, Floats]:
        """Return by how much a step of each pair changes the chance, and the total, more than is expected before it."""
        expected = self.total[:-1] - self.chance[:-1]
        chance, total = self.chance - self.chance[:-1, None], self.total - expected[:, None]
        return chance.ravel(), total.ravel()

    def steps(self, of_total: Floats, of_chance: Floats, moments: Floats, known: Floats, z: float) -> Bounds:
        """Return the expected steps of those that take this way, with an interval on the scale of logarithms."""
        chance = np.where(self.chance[:-1] > 1e-12, self.chance[:-1], np.nan) * known
        steps = self.total[:-1] / chance
        moved = of_total / chance[:, None] - (steps / chance)[:, None] * of_chance
        wide = np.exp(z * np.sqrt(_variance(moved, moments)) / steps)
        return steps, np.maximum(steps / wide, 1.0), steps * wide


def _moments(taken: _Taken, ways: list[_Way], observed: Floats, n: int) -> tuple[Floats, Ints]:
    """Return the sums over visitors of products of what their steps and paths tell more than was expected.

    Also how many visitors there are of each state.
    """
    surprise, total = ways[0].surprise()
    tables = (surprise, total, ways[1].surprise()[1])
    products, visitors = np.zeros((4 * n, 4 * n)), np.zeros(n, dtype=np.int64)
    n_visitors = 1 + max(int(one.max(initial=-1)) for one in taken.visitor)
    size = max(min(BLOCK // (4 * n), n_visitors), 1)
    part = SINGLE // (4 * n) ** 2 if 4 * n <= NARROW else size
    size += -size % part
    for low in range(0, n_visitors, size):
        told, there = np.zeros((size, 4, n)), np.zeros((size, n), dtype=bool)
        for visitor, pair in zip(taken.visitor, taken.pair, strict=True):
            mine = slice(*np.searchsorted(visitor, (low, low + size)))
            cell = (visitor[mine] - low) * n + pair[mine] // (n + 1)
            for place, table in enumerate(tables):
                told[:, place] += _summed(cell, table[pair[mine]], size, n)
        for visitor, state, reached in zip(taken.visitor_of_state, taken.state, taken.reached, strict=True):
            mine = slice(*np.searchsorted(visitor, (low, low + size)))
            cell = (visitor[mine] - low) * n + state[mine]
            told[:, 3] += _summed(cell, reached[mine] - observed[state[mine]], size, n)
            there.reshape(-1)[cell] = True
        parts = told.reshape(-1, part, 4 * n)
        products += np.matmul(parts.transpose(0, 2, 1), parts).sum(axis=0)
        visitors += there.sum(axis=0)
    return products, visitors


def _summed(cell: Ints, value: Floats, size: int, n: int) -> Floats:
    found: Floats = np.bincount(cell, value, minlength=size * n).reshape(size, n).astype(np.float64, copy=False)
    return found


def _variance(moved: Floats, moments: Floats) -> Floats:
    return np.asarray(np.maximum(np.einsum("ij,ij->i", moved @ moments, moved), 0.0), dtype=np.float64)


def _around(share: Floats, variance: Floats, visitors: Ints, z: float) -> tuple[Floats, Floats]:
    varied = (variance > 1e-15) & (share > 0) & (share < 1)
    return wilson_each(share, np.where(varied, divided(share * (1 - share), variance), visitors), z)


def _p_value(difference: Floats, variance: Floats, seen: Ints, observed: Floats) -> Floats:
    """Test the difference, where there are enough paths of either kind and the two can differ at all."""
    from scipy.special import ndtr

    least = np.nan_to_num(np.minimum(observed, 1 - observed)) * seen
    enough = (seen >= FEWEST) & (least >= FEWEST_EACH - 0.5) & (variance > 1e-12)
    error = np.sqrt(np.where(enough, variance, np.nan))
    return np.asarray(2 * ndtr(-np.abs(difference) / error), dtype=np.float64)
