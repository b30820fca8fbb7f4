"""Many shares at once with intervals that take the events of one visitor together, and quartiles by group.

The share of a group is a ratio of sums over visitors, so that its variance is the sum over visitors of the squares of
(their part - share x their whole), divided by the square of the whole. Wilson's interval takes the number of
independent trials that would know the share as well, at most the number that there are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats, Ints, run_starts
from .._core.moments import SECOND
from .._stats.quantiles import quantiles_by_group
from ._curves import wilson_each
from ._steps.estimates import QUARTILE_COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """How the trials of each group are shared out among targets, for the pairs that there are, sorted.

    Attributes
    ----------
    source, target : int array of shape (n_pairs,)
        Group and target.
    count, total, visitors : int array of shape (n_pairs,)
        Trials of the pair, and trials and visitors of its group.
    share, low, high : float array of shape (n_pairs,)
        Count over total with its interval.
    """

    source: Ints
    target: Ints
    count: Ints
    total: Ints
    visitors: Ints
    share: Floats
    low: Floats
    high: Floats

    def joined(self, other: "Shares") -> "Shares":
        """Put the groups of two together."""
        return Shares(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__}
        )


def shared_out(pair: Ints, n_targets: int, visitor: Ints, z: float) -> Shares:
    """Share out the trials of each group among targets; trials of one visitor belong together.

    ``pair`` is the number of the group times ``n_targets``, plus that of the target.

    Examples
    --------
    >>> found = shared_out(np.array([1, 1, 0, 1]), 2, np.array([0, 1, 2, 3]), 1.96)
    >>> found.share.tolist(), found.low.round(3).tolist()
    ([0.25, 0.75], [0.046, 0.301])
    """
    n_pairs = (int(pair.max(initial=-1)) // n_targets + 1) * n_targets
    cells, in_cell = _counted(visitor * n_pairs + pair)  # what each visitor has in a pair
    of_pair = cells % max(n_pairs, 1)
    first = np.flatnonzero(run_starts(cells // n_targets))  # cells of one visitor and group follow each other
    in_group = np.add.reduceat(in_cell, first) if len(first) else in_cell
    whole = np.repeat(in_group, np.diff(first, append=len(cells)))
    count, own, mixed = (_sums(of_pair, of, n_pairs) for of in (in_cell, in_cell * in_cell, in_cell * whole))
    pairs = np.flatnonzero(count)
    count, own, mixed, group = count[pairs], own[pairs], mixed[pairs], pairs // n_targets
    of_group = of_pair[first] // n_targets
    total, squares = (_sums(of_group, of, n_pairs // n_targets)[group] for of in (in_group, in_group * in_group))
    visitors, share = np.bincount(of_group)[group], count / total
    low, high = bounds(share, total, own - 2 * share * mixed + share**2 * squares, visitors, z)
    return Shares(
        source=group,
        target=pairs % n_targets,
        count=count.astype(np.int64),
        total=total.astype(np.int64),
        visitors=visitors,
        share=share,
        low=low,
        high=high,
    )


def _counted(keys: Ints) -> tuple[Ints, Ints]:
    """Return each number once, ascending, and how often it is there."""
    ordered = np.sort(keys)
    first = np.flatnonzero(run_starts(ordered))
    return ordered[first], np.diff(first, append=len(ordered))


def _sums(group: Ints, of: Ints, n_groups: int) -> Floats:
    return np.bincount(group, of, minlength=n_groups).astype(np.float64)  # of nothing at all it would count


def rates(group: Ints, success: Bools, n_groups: int, visitor: Ints, z: float) -> tuple[Ints, Floats, Floats, Floats]:
    """Return for each group how many trials there are, and the share of successes with its interval.

    Examples
    --------
    >>> n, share, low, high = rates(np.array([0, 0]), np.array([True, False]), 2, np.array([5, 6]), 1.96)
    >>> n.tolist(), share.tolist(), low.round(3).tolist()
    ([2, 0], [0.5, nan], [0.095, nan])
    """
    ordered = np.sort((visitor * n_groups + group) << 1 | success)
    first = np.flatnonzero(run_starts(ordered >> 1))
    of, trials = (ordered[first] >> 1) % max(n_groups, 1), np.diff(first, append=len(ordered))
    hits = np.add.reduceat(ordered & 1, first) if len(first) else trials
    total = _sums(of, trials, n_groups)
    share = divided(_sums(of, hits, n_groups), total)
    squares = np.bincount(of, (hits - share[of] * trials) ** 2, minlength=n_groups)
    visitors = np.bincount(of, minlength=n_groups)
    return total.astype(np.int64), share, *bounds(share, total, squares, visitors, z)


def bounds(share: Floats, total: Any, squares: Any, visitors: Ints, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's intervals; where all or none succeed, visitors count, since their trials may be alike."""
    varied = (squares > 1e-9 * total) & (share > 0) & (share < 1)
    known = divided(share * (1 - share) * np.square(total, dtype=np.float64), np.where(varied, squares, np.nan))
    return wilson_each(share, np.where(varied, np.minimum(known, total), visitors), z)


def divided(part: Any, whole: Any) -> Floats:
    """Divide; unknown where there is nothing to divide by.

    Examples
    --------
    >>> divided(np.array([1, 1]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(part / np.where(whole > 0, whole, np.nan), dtype=np.float64)


def quartiles(group: Ints, value: Ints, n_groups: int) -> dict[str, Floats]:
    """Return the quartiles of times (microseconds) by group in seconds, as :func:`_sums.quartiles` does of one group.

    Examples
    --------
    >>> found = quartiles(np.array([0, 0, 2]), 1_000_000 * np.array([1, 3, 7]), 3)
    >>> {name: of.tolist() for name, of in found.items()}
    {'seconds_p25': [1.5, nan, 7.0], 'seconds_median': [2.0, nan, 7.0], 'seconds_p75': [2.5, nan, 7.0]}
    """
    found = quantiles_by_group(group, value, n_groups, unit=SECOND)
    return dict(zip(QUARTILE_COLUMNS, found, strict=True))
