"""Search of parameters for all series at once: a grid that they share, then steps of their own around the best."""

from collections.abc import Callable, Sequence

import numpy as np

from ..arrays import Floats

Loss = Callable[[Floats], Floats]
"""From parameters of shape (n_parameters, n_series) to a loss of shape (n_series,)."""


def minimise(
    loss: Loss, grid: Sequence[Sequence[float]], bounds: Sequence[tuple[float, float]], n_series: int, *, rounds: int
) -> Floats:
    """Return the parameters of the least loss for each series: the best point of the grid, refined coordinate by one.

    Parameters
    ----------
    loss : function
        Of parameters of shape (n_parameters, n_series); NaN counts as infinite.
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
    >>> minimise(lambda x: (x[0] - np.array([0.3, 0.8])) ** 2, [[0.2], [0.6]], [(0, 1)], 2, rounds=6).round(1)
    array([[0.3, 0.8]])
    """
    points = np.array(grid, dtype=np.float64).T
    best = np.repeat(points[:, :1], n_series, axis=1)
    least = _finite(loss(best))
    for point in points.T[1:]:
        best, least = _improved(loss, np.repeat(point[:, None], n_series, axis=1), best, least)
    steps = np.array([_spacing(values) / 2 for values in points])
    for _ in range(rounds):
        for i, (low, high) in enumerate(bounds):
            for sign in (-1, 1):
                moved = best.copy()
                moved[i] = np.clip(moved[i] + sign * steps[i], low, high)
                best, least = _improved(loss, moved, best, least)
        steps = steps / 2
    return best


def _improved(loss: Loss, candidate: Floats, best: Floats, least: Floats) -> tuple[Floats, Floats]:
    value = _finite(loss(candidate))
    is_better = value < least
    return np.where(is_better, candidate, best), np.where(is_better, value, least)


def _finite(loss: Floats) -> Floats:
    return np.where(np.isnan(loss), np.inf, loss)


def _spacing(values: Floats) -> float:
    """Return the mean distance between the values of a parameter in the grid; 0 where it has one."""
    distinct = np.unique(values)
    return float(np.diff(distinct).mean()) if len(distinct) > 1 else 0.0
