"""Search of parameters for all series at once: a grid that they share, then steps of their own around the best."""

from collections.abc import Callable, Sequence

import numpy as np

from ..._stats.arrays import Floats

Loss = Callable[[Floats], Floats]
"""From parameters of shape (n_parameters, n_copies * n_series) to losses: all series, then all again, and so on."""
MAX_ROWS_AT_ONCE = 2_000
"""Points of the grid are tried together for as many series: with few of them, NumPy's calls are what takes time."""


def minimise(
    loss: Loss, grid: Sequence[Sequence[float]], bounds: Sequence[tuple[float, float]], n_series: int, *, rounds: int
) -> Floats:
    """Return the parameters of the least loss for each series: the best point of the grid, refined coordinate by one.

    Parameters
    ----------
    loss : function
        Of parameters of shape (n_parameters, n_copies * n_series); NaN counts as infinite.
    grid : sequence of points
        Each of n_parameters.
    bounds : sequence of pairs
        Least and greatest value of each parameter.
    n_series : int
    rounds : int
        Steps halve in each round.

    Returns
    -------
    float array of shape (n_parameters, n_series)

    Examples
    --------
    >>> def loss(x):
    ...     return (x[0] - np.resize([0.3, 0.8], x.shape[1])) ** 2
    >>> minimise(loss, [[0.2], [0.6]], [(0, 1)], 2, rounds=6).round(1)
    array([[0.3, 0.8]])
    """
    points = np.array(grid, dtype=np.float64)
    best = np.repeat(points[:1].T, n_series, axis=1)
    if len(points) == 1:
        return best
    least = np.full(n_series, np.inf)
    batch = max(1, MAX_ROWS_AT_ONCE // max(n_series, 1))
    for first in range(0, len(points), batch):
        tried = [np.repeat(point[:, None], n_series, axis=1) for point in points[first : first + batch]]
        best, least = _improved(loss, tried, best, least)
    steps = np.array([_spacing(values) / 2 for values in points.T])
    for _ in range(rounds):
        for i in map(int, np.flatnonzero(steps)):
            moved = [best.copy(), best.copy()]
            for candidate, step in zip(moved, (-steps[i], steps[i]), strict=True):
                candidate[i] = np.clip(candidate[i] + step, *bounds[i])
            best, least = _improved(loss, moved, best, least)
        steps = steps / 2
    return best


def _improved(loss: Loss, candidates: list[Floats], best: Floats, least: Floats) -> tuple[Floats, Floats]:
    """Return the best of the candidates and what was best so far, the earlier one of equal ones."""
    values = _finite(loss(np.concatenate(candidates, axis=1))).reshape(len(candidates), -1)
    index = values.argmin(axis=0)
    value = values[index, np.arange(len(index))]
    candidate = np.stack(candidates)[index, :, np.arange(len(index))].T
    is_better = value < least
    return np.where(is_better, candidate, best), np.where(is_better, value, least)


def _finite(loss: Floats) -> Floats:
    return np.where(np.isnan(loss), np.inf, loss)


def _spacing(values: Floats) -> float:
    """Return the mean distance between the values of a parameter in the grid; 0 where it has one."""
    distinct = np.unique(values)
    return float(np.diff(distinct).mean()) if len(distinct) > 1 else 0.0
