r"""The chance to reach the goal, and the steps to it, if only the present state mattered: an absorbing Markov chain.

With :math:`Q` the chances from state to state (of those that are neither the goal nor the end) and :math:`r` those from
each state to the goal in one step, the fundamental matrix :math:`N = (I - Q)^{-1}` holds the expected visits to each
state, the goal is reached with chance :math:`b = N r`, and those that reach it take :math:`(N b)_i / b_i` steps.

Each step of a visitor moves these numbers by the difference between what it leads to and what was expected before it.
Squares of the sums over visitors give the variances (delta method), also that of the difference to the observed share.

References
----------
Kemeny, J. G. and Snell, J. L. (1960). Finite Markov chains. Van Nostrand. Chapter III.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import divide, sums_by_group
from ..._stats.clustered_shares import effective_trials
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import log_interval, wilson_interval, z_test_p_values
from .visits import Visits

MIN_PATHS_FOR_TEST = 50
"""Paths from which the chain is compared with the observed share."""
MIN_PATHS_OF_EITHER_KIND = 5
"""Paths that reach the goal, and that do not, from which the two are compared."""
MIN_VARIANCE, MIN_TEST_VARIANCE, MIN_CHANCE = 1e-15, 1e-12, 1e-12
"""Below these, variances and chances are rounding."""
NUMBERS_PER_BLOCK = 1 << 23
"""Numbers that are held of the visitors whose sums are computed together."""
PRODUCTS_PER_THREAD, NARROW_COLUMNS = 1 << 18, 64
"""Products that BLAS computes in one thread, and columns up to which a table is multiplied in such small parts.

On a machine that does other work too, threads wait for each other far longer than they work on a narrow table.
"""
Bounded = tuple[Floats, Floats, Floats]
"""Estimate, low and high."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarkovEstimates:
    """Estimates for each state, the start last: arrays of shape (n_states + 1,)."""

    chance: Bounded  # share that reaches the goal, by the chain
    observed: Bounded  # share that reaches the goal, of the paths that came to the state
    steps_to_goal: Bounded  # expected steps to the goal of those that reach it
    steps_to_end: Bounded  # expected steps to the end of the others
    p_value: Floats  # of the difference between chance and observed; NaN where there are few paths


class _Steps(NamedTuple):
    """Steps by visitor: ``pair`` is the state times the number of states with start and end, plus the next state."""

    pair: Ints
    visitor: Ints


class _Arrivals(NamedTuple):
    """First visits of paths to states before the goal, by visitor, and whether the path reaches the goal."""

    state: Ints
    reaches_goal: Bools
    visitor: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outcome:
    """One way a path ends, at the goal or without it."""

    chance: Floats  # shape (n_states + 2,): of this outcome from each state, the start and the end last
    total: Floats  # shape (n_states + 2,): expected steps to it times that chance

    @classmethod
    def of(cls, chance: Floats, fundamental: Floats, is_goal: Bools) -> "_Outcome":
        n = len(fundamental)
        inside = np.where(is_goal[:n], 0.0, chance[:n])
        return cls(chance=chance, total=np.append(np.where(is_goal[:n], 0.0, fundamental @ inside), 0.0))

    def surprise(self) -> tuple[Floats, Floats]:
        """Return how much more chance, and more total, a step of each pair leads to than was expected before it."""
        expected = self.total[:-1] - self.chance[:-1]
        chance, total = self.chance - self.chance[:-1, None], self.total - expected[:, None]
        return chance.ravel(), total.ravel()

    def expected_steps(
        self, of_total: Floats, of_chance: Floats, products: Floats, is_known: Floats, z: float
    ) -> Bounded:
        """Return the expected steps of the paths with this outcome, with an interval on the scale of logarithms."""
        chance = np.where(self.chance[:-1] > MIN_CHANCE, self.chance[:-1], np.nan) * is_known
        steps = self.total[:-1] / chance
        derivative = of_total / chance[:, None] - (steps / chance)[:, None] * of_chance
        low, high = log_interval(steps, np.sqrt(_variances(derivative, products)) / steps, z)
        return steps, np.maximum(low, 1.0), high


def estimate_chain(visits: Visits, first: Ints, z: float) -> MarkovEstimates:
    """Estimate the chain from the paths that are over, each up to its first goal; ``first`` are first visits."""
    n, is_goal = len(visits.states) + 1, np.append(visits.is_goal, [False, False])
    steps, arrivals = _steps_and_arrivals(visits, first)
    counts = _count((part.pair for part in steps), n * (n + 1)).reshape(n, n + 1)
    n_steps = counts.sum(axis=1)
    chances = counts / np.maximum(n_steps, 1)[:, None]
    fundamental: Floats = np.linalg.inv(np.eye(n) - np.where(is_goal[:n], 0.0, chances[:, :n])).astype(np.float64)
    chance: Floats = np.where(is_goal, 1.0, np.append(fundamental @ chances[:, is_goal].sum(axis=1), 0.0))
    n_paths = _count((part.state for part in arrivals), n)
    observed = divide(_count((part.state[part.reaches_goal] for part in arrivals), n), n_paths)
    goal, end = (_Outcome.of(values, fundamental, is_goal) for values in (chance, 1.0 - chance))
    products, n_visitors = _influence_products(steps, arrivals, (*goal.surprise(), end.surprise()[1]), observed)
    of_step, none = fundamental / np.maximum(n_steps, 1), np.zeros((n, n))
    of_chance = np.hstack([of_step, none, none, none])
    of_observed = np.hstack([none, none, none, np.diag(1 / np.maximum(n_paths, 1))])
    of_goal_total = np.hstack([fundamental @ of_step, of_step, none, none])
    of_end_total = np.hstack([-fundamental @ of_step, none, of_step, none])
    is_known = np.where((n_steps > 0) & (n_paths > 0), 1.0, np.nan)
    share, variance = np.clip(chance[:n], 0.0, 1.0) * is_known, _variances(of_chance, products)
    n_share = effective_sample_size(share, np.where(variance > MIN_VARIANCE, variance, 0.0), n_visitors)
    n_observed = effective_trials(observed, n_paths, np.diag(products)[3 * n :], n_visitors)
    return MarkovEstimates(
        chance=(share, *wilson_interval(share, n_share, z)),
        observed=(observed, *wilson_interval(observed, n_observed, z)),
        steps_to_goal=goal.expected_steps(of_goal_total, of_chance, products, is_known, z),
        steps_to_end=end.expected_steps(of_end_total, -of_chance, products, is_known, z),
        p_value=_p_values(observed - share, _variances(of_observed - of_chance, products), n_paths, observed),
    )


def _count(parts: Iterable[Ints], size: int) -> Ints:
    """Count how often each number is in all parts."""
    counts: Ints = np.sum([np.bincount(part, minlength=size) for part in parts], axis=0)
    return counts


def _steps_and_arrivals(visits: Visits, first: Ints) -> tuple[list[_Steps], list[_Arrivals]]:
    """Return steps and arrivals of the paths that are over, up to the first goal of each.

    There are two of each: those of visits, and those of paths, whose first step leads from the start. States stand for
    themselves, then come the start and the end.
    """
    n, is_over = len(visits.states) + 1, ~visits.is_open
    end, reaches_goal = _ends_at_goal(visits)
    following = np.append(visits.state, n)[1:]
    following[visits.last] = n
    kept = np.flatnonzero(np.arange(len(visits.state)) < end[visits.path])
    arrivals = first[first < end[visits.path[first]]]
    path, start = visits.path[arrivals], np.full(int(is_over.sum()), n - 1)
    visitor, first_state = visits.visitor[is_over], visits.state[visits.first[is_over]]
    inner = _Steps(visits.state[kept] * (n + 1) + following[kept], visits.visitor[visits.path[kept]])
    return (
        [inner, _Steps(start * (n + 1) + first_state, visitor)],
        [
            _Arrivals(visits.state[arrivals], reaches_goal[path], visits.visitor[path]),
            _Arrivals(start, reaches_goal[is_over], visitor),
        ],
    )


def _ends_at_goal(visits: Visits) -> tuple[Ints, Bools]:
    """Return where the part of each path that counts ends: at its first goal, at once where it is not over.

    Also whether it reaches the goal.
    """
    goals = np.flatnonzero(visits.is_goal[visits.state])
    end, reaches_goal = visits.last + 1, np.zeros(visits.n_paths, dtype=bool)
    end[visits.path[goals][::-1]] = goals[::-1]  # of several goals the first is written last
    reaches_goal[visits.path[goals]] = True
    return np.where(visits.is_open, visits.first, end), reaches_goal


def _influence_products(
    all_steps: list[_Steps], all_arrivals: list[_Arrivals], surprises: Sequence[Floats], observed: Floats
) -> tuple[Floats, Ints]:
    """Return the sums over visitors of products of what their steps and arrivals differ from the expected.

    Columns are states in four parts: chance of the goal, total of the goal, total of the end, and observed share. Also
    the number of visitors of each state.
    """
    n, n_all = len(observed), 1 + max(int(steps.visitor.max(initial=-1)) for steps in all_steps)
    products, n_visitors = np.zeros((4 * n, 4 * n)), np.zeros(n, dtype=np.int64)
    size = max(min(NUMBERS_PER_BLOCK // (4 * n), n_all), 1)
    part = PRODUCTS_PER_THREAD // (4 * n) ** 2 if 4 * n <= NARROW_COLUMNS else size
    size += -size % part
    for low in range(0, n_all, size):
        sums, is_visited = np.zeros((size, 4, n)), np.zeros(size * n, dtype=bool)
        for steps in all_steps:
            rows = slice(*np.searchsorted(steps.visitor, (low, low + size)))
            cell = (steps.visitor[rows] - low) * n + steps.pair[rows] // (n + 1)
            for column, surprise in enumerate(surprises):
                sums[:, column] += sums_by_group(cell, surprise[steps.pair[rows]], size * n).reshape(size, n)
        for arrivals in all_arrivals:
            rows = slice(*np.searchsorted(arrivals.visitor, (low, low + size)))
            state = arrivals.state[rows]
            cell = (arrivals.visitor[rows] - low) * n + state
            difference = arrivals.reaches_goal[rows] - observed[state]
            sums[:, 3] += sums_by_group(cell, difference, size * n).reshape(size, n)
            is_visited[cell] = True
        parts = sums.reshape(-1, part, 4 * n)
        products += np.matmul(parts.transpose(0, 2, 1), parts).sum(axis=0)
        n_visitors += is_visited.reshape(size, n).sum(axis=0)
    return products, n_visitors


def _variances(derivative: Floats, products: Floats) -> Floats:
    """Return the variance of each number from its derivative by the sums of visitors (delta method)."""
    variance = np.einsum("ij,ij->i", derivative @ products, derivative)
    return np.asarray(np.maximum(variance, 0.0), dtype=np.float64)


def _p_values(difference: Floats, variance: Floats, n_paths: Ints, observed: Floats) -> Floats:
    """Test the differences where there are enough paths of either kind, and the two can differ at all."""
    n_rarer = np.nan_to_num(np.minimum(observed, 1 - observed)) * n_paths
    is_tested = (
        (n_paths >= MIN_PATHS_FOR_TEST) & (n_rarer >= MIN_PATHS_OF_EITHER_KIND - 0.5) & (variance > MIN_TEST_VARIANCE)
    )
    return z_test_p_values(difference, np.sqrt(np.where(is_tested, variance, np.nan)))
