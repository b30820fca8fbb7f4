"""The columns of the effects that all groups share: one per period, of which a row has one entry, or two.

A row has its own period. After the transformation of Prais and Winsten it has that of the row before it too. So sums
over rows are counts by number, and no matrix of rows and periods is ever made.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from ..._core.arrays import Floats, Ints
from .._runs import Runs

RUNS_PER_BLOCK = 2_000
"""Runs whose sums by period are held at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodColumns:
    """Columns of periods.

    Attributes
    ----------
    number : int array of shape (n_rows,)
        Period of each row, from 0.
    weight : float array of shape (n_rows,)
        Entry of each row in the column of its period.
    lagged : float array of shape (n_rows,), or None
        Entry of each row in the column of the period of the row before it; 0 in the first row.
    n_periods : int
    """

    number: Ints
    weight: Floats
    lagged: Floats | None
    n_periods: int

    def weighted(self, weight: Floats) -> "PeriodColumns":
        """Return the columns with every row weighted."""
        return replace(self, weight=self.weight * weight, lagged=None if self.lagged is None else self.lagged * weight)

    def combine(self, effects: Floats) -> Floats:
        """Return what effects add up to in each row."""
        total = self.weight * effects[self.number]
        if self.lagged is not None:
            total[1:] += self.lagged[1:] * effects[self.number[:-1]]
        return total

    def products(self, values: Floats) -> Floats:
        """Return the sum of the products of a column of rows with the column of each period."""
        sums = np.bincount(self.number, self.weight * values, self.n_periods)
        if self.lagged is not None:
            sums += np.bincount(self.number[:-1], (self.lagged * values)[1:], self.n_periods)
        return sums

    def gram(self) -> Floats:
        """Return the products of the columns with each other: shape (n_periods, n_periods)."""
        squares = np.bincount(self.number, self.weight**2, self.n_periods)
        if self.lagged is None:
            return np.diag(squares)
        squares += np.bincount(self.number[:-1], self.lagged[1:] ** 2, self.n_periods)
        pair = self.number[1:] * self.n_periods + self.number[:-1]
        both = np.bincount(pair, self.weight[1:] * self.lagged[1:], self.n_periods**2).reshape(self.n_periods, -1)
        return np.diag(squares) + both + both.T

    def products_by_block(self, values: Floats, runs: Runs) -> Iterator[tuple[slice, Floats]]:
        """Return, a few thousand runs of rows at a time, these, and their products with the column of each period."""
        from scipy.sparse import csr_array

        for first in range(0, runs.n_runs, RUNS_PER_BLOCK):
            block = slice(first, min(first + RUNS_PER_BLOCK, runs.n_runs))
            bounds = runs.bounds[first : block.stop + 1]
            rows = slice(bounds[0], bounds[-1])
            entries, part = [(self.weight[rows], self.number[rows])], values[rows]
            if self.lagged is not None:
                entries.append((self.lagged[rows], np.roll(self.number[rows], 1)))  # the first row of a run has none
            shape = block.stop - first, self.n_periods
            tables = [csr_array((weight * part, number, bounds - bounds[0]), shape=shape) for weight, number in entries]
            yield block, reduce(np.add, [table.toarray() for table in tables])
