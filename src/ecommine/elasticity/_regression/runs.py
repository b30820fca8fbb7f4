"""Sums over rows that are sorted by the number of their group, and values of groups for their rows.

Rows of a regression come sorted, so that those of a group are neighbours. Sums of neighbours take a tenth of the time
of sums by number, where each addition to one place waits for the one before it.
"""

import numpy as np

from ..._core.arrays import Bools, Floats, Ints


def rows_by_run(run: Ints, n_runs: int) -> Ints:
    """Count the rows of each run.

    Parameters
    ----------
    run : int array of shape (n_rows,)
        Number of the run of each row, from 0, ascending; a number may be left out.
    n_runs : int
        Length of the result.

    Examples
    --------
    >>> rows_by_run(np.array([0, 2, 2]), 4).tolist()
    [1, 0, 2, 0]
    """
    return np.diff(np.searchsorted(run, np.arange(n_runs + 1)))


def sums_by_run(run: Ints, values: "Floats | Bools", n_runs: int) -> Floats:
    """Sum values by run.

    Parameters
    ----------
    run : int array of shape (n_rows,)
        Ascending.
    values : array of shape (n_rows,)
    n_runs : int
        Length of the result.

    Examples
    --------
    >>> sums_by_run(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist()
    [1.0, 0.0, 5.0, 0.0]
    """
    bounds = np.searchsorted(run, np.arange(n_runs + 1))
    sums, is_filled = np.zeros(n_runs), bounds[1:] > bounds[:-1]
    if is_filled.any():
        sums[is_filled] = np.add.reduceat(values, bounds[:-1][is_filled], dtype=np.float64)
    return sums


def repeat_by_run(values: Floats, run: Ints) -> Floats:
    """Return for each row the value of its run.

    Parameters
    ----------
    values : float array of shape (n_runs,)
    run : int array of shape (n_rows,)
        Ascending.

    Examples
    --------
    >>> repeat_by_run(np.array([7.0, 8.0, 9.0]), np.array([0, 2, 2])).tolist()
    [7.0, 9.0, 9.0]
    """
    return np.repeat(values, rows_by_run(run, len(values)))
