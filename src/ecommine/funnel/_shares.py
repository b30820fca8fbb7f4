"""Many shares at once with intervals that take the events of one visitor together, and quartiles by group.

The share of a group is a ratio of sums over visitors, so that its variance is the sum over visitors of the squares of
(their part - share x their whole), divided by the square of the whole. Wilson's interval takes the number of
independent trials that would know the share as well, at most the number that there are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._curves import Floats, wilson_each
from ._moves import Ints

Bools = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """How the trials of each group are shared out among targets, for the pairs that there are, sorted.

    Attributes
    ----------
    source, target : int array of shape (n_pairs,)
        Group and target.
    count, total : int array of shape (n_pairs,)
        Trials of the pair, and of its group.
    share, low, high : float array of shape (n_pairs,)
        Count over total with its interval.
    """

    source: Ints
    target: Ints
    count: Ints
    total: Ints
    share: Floats
    low: Floats
    high: Floats


def shared_out(source: Ints, target: Ints, n_targets: int, visitor: Ints, z: float) -> Shares:
    """Share out the trials of each group among targets; trials of one visitor belong together.

    Examples
    --------
    >>> found = shared_out(np.array([0, 0, 0, 0]), np.array([1, 1, 0, 1]), 2, np.array([0, 1, 2, 3]), 1.96)
    >>> found.share.tolist(), found.low.round(3).tolist()
    ([0.25, 0.75], [0.046, 0.301])
    """
    pair = source.astype(np.int64) * n_targets + target
    pairs, count, _ = told_apart(pair)
    n_sources = int(source.max(initial=-1)) + 1
    # What each visitor has in a pair, and in the whole group of the pair.
    cells, in_cell, _ = told_apart(visitor.astype(np.int64) * (n_sources * n_targets) + pair)
    owner, of_pair = np.divmod(cells, n_sources * n_targets)
    wholes, in_whole, _ = told_apart(visitor.astype(np.int64) * n_sources + source)
    whole = in_whole[np.searchsorted(wholes, owner * n_sources + of_pair // n_targets)]
    place = np.searchsorted(pairs, of_pair)
    own, mixed = (np.bincount(place, in_cell * by, minlength=len(pairs)) for by in (in_cell, whole))
    group = pairs // n_targets
    total, visitors = (np.bincount(of, minlength=n_sources)[group] for of in (source, wholes % max(n_sources, 1)))
    squares = np.bincount(wholes % max(n_sources, 1), in_whole.astype(np.float64) ** 2, minlength=n_sources)[group]
    share = count / total
    low, high = bounds(share, total, own - 2 * share * mixed + share**2 * squares, visitors, z)
    return Shares(source=group, target=pairs % n_targets, count=count, total=total, share=share, low=low, high=high)


def told_apart(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """Return each number once, ascending, how often it is there, and the place of each of the keys among them.

    Where numbers are small, counting them is several times as fast as sorting, which ``np.unique`` does.

    Examples
    --------
    >>> [of.tolist() for of in told_apart(np.array([7, 3, 7]))]
    [[3, 7], [1, 2], [1, 0, 1]]
    """
    if not _countable(keys):
        found, place, count = np.unique(keys, return_inverse=True, return_counts=True)
        return found, count, place
    counted = np.bincount(keys)
    there = counted > 0
    found = np.flatnonzero(there)
    return found, counted[found], (np.cumsum(there) - 1)[keys]


def _countable(keys: Ints) -> bool:
    return len(keys) > 0 and int(keys.min()) >= 0 and int(keys.max()) < 4 * len(keys)


def distinct(keys: Ints) -> Ints:
    """Return each number once, ascending: sorting is several times as fast as the hashing of ``np.unique``."""
    if _countable(keys):
        return np.flatnonzero(np.bincount(keys))
    ordered = np.sort(keys)
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def rates(group: Ints, success: Bools, n_groups: int, visitor: Ints, z: float) -> tuple[Ints, Floats, Floats, Floats]:
    """Return for each group how many trials there are, and the share of successes with its interval.

    Examples
    --------
    >>> n, share, low, high = rates(np.array([0, 0]), np.array([True, False]), 2, np.array([5, 6]), 1.96)
    >>> n.tolist(), share.tolist(), low.round(3).tolist()
    ([2, 0], [0.5, nan], [0.095, nan])
    """
    total = np.bincount(group, minlength=n_groups)
    share = divided(np.bincount(group, success, minlength=n_groups), total)
    cells, trials, place = told_apart(visitor.astype(np.int64) * n_groups + group)
    of = cells % max(n_groups, 1)
    moved = np.bincount(place, success, minlength=len(cells)) - share[of] * trials
    squares = np.bincount(of, moved**2, minlength=n_groups)
    return total, share, *bounds(share, total, squares, np.bincount(of, minlength=n_groups), z)


def bounds(share: Floats, total: Ints, squares: Any, visitors: Ints, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's intervals; where all or none succeed, visitors count, since their trials may be alike."""
    varied = (squares > 1e-9 * total) & (share > 0) & (share < 1)
    known = divided(share * (1 - share) * total.astype(np.float64) ** 2, np.where(varied, squares, np.nan))
    return wilson_each(share, np.where(varied, np.minimum(known, total), visitors), z)


def divided(part: Any, whole: Any) -> Floats:
    """Divide; unknown where there is nothing to divide by."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(part / np.where(whole > 0, whole, np.nan), dtype=np.float64)


def quartiles(group: Ints, value: Ints, n_groups: int) -> dict[str, Floats]:
    """Return the quartiles of a whole number by group, between neighbours by straight lines; unknown without values.

    Examples
    --------
    >>> {name: of.tolist() for name, of in quartiles(np.array([0, 0, 2]), np.array([1, 3, 7]), 3).items()}
    {'p25': [1.5, nan, 7.0], 'median': [2.0, nan, 7.0], 'p75': [2.5, nan, 7.0]}
    """
    ordered = _by_group(group, value).astype(np.float64)
    n = np.bincount(group, minlength=n_groups)
    first, there = np.cumsum(n) - n, n > 0
    found = {}
    for name, share in (("p25", 0.25), ("median", 0.5), ("p75", 0.75)):
        of = np.full(n_groups, np.nan)
        at = first[there] + share * (n[there] - 1)
        below = np.floor(at).astype(np.int64)
        above = np.minimum(below + 1, (first + n - 1)[there])
        of[there] = ordered[below] + (at - below) * (ordered[above] - ordered[below])
        found[name] = of
    return found


def _by_group(group: Ints, value: Ints) -> Ints:
    """Sort values within groups; as one packed number where 63 bits hold it, which is several times as fast."""
    bits = int(value.max(initial=0)).bit_length()
    if int(group.max(initial=0)).bit_length() + bits < 63 and int(value.min(initial=0)) >= 0:
        return np.sort(group.astype(np.int64) << bits | value) & ((1 << bits) - 1)
    return value[np.lexsort((value, group))]
