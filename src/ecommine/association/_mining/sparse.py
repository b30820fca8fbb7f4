"""Orders by products as a sparse matrix of SciPy, whose types are known nowhere else; and ranges of its rows."""

from typing import Any

import numpy as np

from ..._core.arrays import Ints


def matrix_by_row(starts: Ints, columns: Ints, n_columns: int, values: Any = None, *, dtype: Any = np.int8) -> Any:
    """Return a matrix from the columns of each row; ones where no values are given."""
    from scipy.sparse import csr_array

    data = np.ones(len(columns), dtype=dtype) if values is None else values
    return csr_array((data, columns, starts), shape=(len(starts) - 1, n_columns))


def matrix_by_column(starts: Ints, rows: Ints, n_rows: int, *, dtype: Any = np.int8) -> Any:
    """Return a matrix of ones from the rows of each column."""
    from scipy.sparse import csc_array

    return csc_array((np.ones(len(rows), dtype=dtype), rows, starts), shape=(n_rows, len(starts) - 1))


def count_cells(rows: Ints, columns: Ints, n_rows: int, n_columns: int) -> Any:
    """Count how often each pair of row and column occurs, as a sparse matrix.

    Examples
    --------
    >>> count_cells(np.array([0, 0, 1]), np.array([1, 1, 0]), 2, 2).toarray().tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(n_rows, n_columns))


def expand_ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return first, first + 1, ..., last - 1 of each row, one after the other, and the row of each.

    Returns
    -------
    row, position : int arrays

    Examples
    --------
    >>> row, position = expand_ranges(np.array([3, 7]), np.array([5, 8]))
    >>> row.tolist(), position.tolist()
    ([0, 0, 1], [3, 4, 7])
    """
    lengths = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    return row, np.arange(len(row)) - before[row] + first[row]
