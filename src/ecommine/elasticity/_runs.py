"""Rows that are sorted by the number of their group: sums of neighbours, and values of groups for their rows.

Sums of neighbours take a tenth of the time of sums by number, where each addition to one place waits for the one
before it.
"""

from dataclasses import dataclass, field

import numpy as np

from .._core.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of neighbouring rows.

    Attributes
    ----------
    number : int array of shape (n_rows,)
        Number of the run of each row, from 0, ascending; a number may be left out.
    n_runs : int
    bounds : int array of shape (n_runs + 1,)
        Where each run starts, and where the last ends.

    Examples
    --------
    >>> runs = Runs(np.array([0, 2, 2]), 4)
    >>> runs.rows().tolist()
    [1, 0, 2, 0]
    >>> runs.sums(np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 0.0, 5.0, 0.0]
    >>> runs.repeat(np.array([7.0, 8.0, 9.0, 0.0])).tolist()
    [7.0, 9.0, 9.0]
    """

    number: Ints
    n_runs: int
    bounds: Ints = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", np.searchsorted(self.number, np.arange(self.n_runs + 1)))

    def rows(self) -> Ints:
        """Count the rows of each run."""
        return np.diff(self.bounds)

    def sums(self, values: "Floats | Bools") -> Floats:
        """Sum the values of the rows of each run."""
        first = self.bounds[:-1]
        is_filled = self.bounds[1:] > first
        sums = np.zeros(self.n_runs)
        if is_filled.any():
            sums[is_filled] = np.add.reduceat(values, first[is_filled], dtype=np.float64)
        return sums

    def repeat(self, values: Floats) -> Floats:
        """Return for each row the value of its run."""
        return np.repeat(values, self.rows())

    def of(self, rows: Ints) -> "Runs":
        """Return the runs of some rows, in their order."""
        return Runs(self.number[rows], self.n_runs)
