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

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._curves import Floats, wilson_each
from ._moves import Ints
from ._shares import Bools, distinct, divided, rates, told_apart
from ._visits import Visits

FEWEST, FEWEST_EACH = 50, 5
"""Paths, and paths that reach the goal and that do not, from which the chain is compared with what was observed."""
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

    States stand for themselves, then come the start and the end; ``visitor`` numbers the visitors of steps and states.
    """

    source: Ints
    target: Ints
    visitor: Ints
    state: Ints
    reached: Bools
    visitor_of_state: Ints


def chain_of(visits: Visits, z: float) -> Chain:
    """Estimate the chain from the paths that are over, each up to its first goal."""
    n, taken = len(visits.names) + 1, _taken(visits)
    goal = np.append(visits.goal, [False, False])
    counts = np.bincount(taken.source * (n + 1) + taken.target, minlength=n * (n + 1)).reshape(n, n + 1)
    out = counts.sum(axis=1)
    chances = counts / np.maximum(out, 1)[:, None]
    visited = np.linalg.inv(np.eye(n) - np.where(goal[:n], 0.0, chances[:, :n]))
    chance = np.where(goal, 1.0, np.append(visited @ chances[:, goal].sum(axis=1), 0.0))
    seen, *observed = rates(taken.state, taken.reached, n, taken.visitor_of_state, z)
    ways = [_Way.to(one, visited, goal) for one in (chance, 1.0 - chance)]
    moments = _moments(taken, ways, observed[0], n)
    moves = visited / np.maximum(out, 1)
    none, own = np.zeros((n, n)), np.diag(1 / np.maximum(seen, 1))
    of_chance, of_observed = np.hstack([moves, none, none, none]), np.hstack([none, none, none, own])
    known = np.where((out > 0) & (seen > 0), 1.0, np.nan)
    visitors = np.bincount(distinct(taken.visitor_of_state * n + taken.state) % n, minlength=n)
    share = np.clip(chance[:n], 0.0, 1.0) * known
    return Chain(
        chance=(share, *_around(share, _variance(of_chance, moments), visitors, z)),
        observed=(observed[0], observed[1], observed[2]),
        to_goal=ways[0].steps(np.hstack([visited @ moves, moves, none, none]), of_chance, moments, known, z),
        to_end=ways[1].steps(np.hstack([-visited @ moves, none, moves, none]), -of_chance, moments, known, z),
        p_value=_p_value(observed[0] - share, _variance(of_observed - of_chance, moments), seen, observed[0]),
        seen=seen,
    )


def _taken(visits: Visits) -> _Taken:
    n, last = len(visits.names) + 1, visits.last
    is_goal, over = visits.goal[visits.state], ~visits.open
    so_far: Ints = np.cumsum(is_goal) - is_goal  # goals before each visit
    before: Bools = so_far == so_far[visits.first][visits.path]
    following = np.append(visits.state, n)[1:]
    following[last] = n
    kept = np.flatnonzero(before & ~is_goal & over[visits.path])
    path = np.concatenate([visits.path[kept], np.flatnonzero(over)])
    source = np.concatenate([visits.state[kept], np.full(int(over.sum()), n - 1)])
    came, state = np.divmod(distinct(path * n + source), n)
    reached = np.bincount(visits.path, is_goal, minlength=visits.n_paths) > 0
    return _Taken(
        source=source,
        target=np.concatenate([following[kept], visits.state[visits.first[over]]]),
        visitor=visits.visitor[path],
        state=state,
        reached=reached[came],
        visitor_of_state=visits.visitor[came],
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

    def surprise(self, taken: _Taken) -> tuple[Floats, Floats]:
        """Return by how much each step changed the chance, and the total, more than was expected before it."""
        source, target = taken.source, taken.target
        expected = self.total[source] - self.chance[source]
        return self.chance[target] - self.chance[source], self.total[target] - expected

    def steps(self, of_total: Floats, of_chance: Floats, moments: Floats, known: Floats, z: float) -> Bounds:
        """Return the expected steps of those that take this way, with an interval on the scale of logarithms."""
        chance = np.where(self.chance[:-1] > 1e-12, self.chance[:-1], np.nan) * known
        steps = self.total[:-1] / chance
        moved = of_total / chance[:, None] - (steps / chance)[:, None] * of_chance
        wide = np.exp(z * np.sqrt(_variance(moved, moments)) / steps)
        return steps, np.maximum(steps / wide, 1.0), steps * wide


def _moments(taken: _Taken, ways: list[_Way], observed: Floats, n: int) -> Floats:
    """Return the sums over visitors of products of what their steps and paths tell more than was expected."""
    from scipy.sparse import coo_array

    cells, _, place = told_apart(taken.visitor * n + taken.source)
    surprise, total = ways[0].surprise(taken)
    sums = [np.bincount(place, value, len(cells)) for value in (surprise, total, ways[1].surprise(taken)[1])]
    row, state = np.divmod(cells, n)
    rows = np.concatenate([row, row, row, taken.visitor_of_state])
    columns = np.concatenate([state, state + n, state + 2 * n, taken.state + 3 * n])
    values = np.concatenate([*sums, taken.reached - observed[taken.state]])
    table = coo_array((values, (rows, columns)), shape=(int(rows.max(initial=-1)) + 1, 4 * n)).tocsr()
    return np.asarray((table.T @ table).toarray(), dtype=np.float64)


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
