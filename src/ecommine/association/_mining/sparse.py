"""Orders by products as a sparse matrix of SciPy; the one place where its types are not told."""

from typing import Any

import numpy as np

from .._encoding import Ints


def by_row(starts: Ints, columns: Ints, n_columns: int, values: Any = None, *, dtype: Any = np.int8) -> Any:
    """Make a matrix from the columns of each row; ones where no values are given."""
    from scipy.sparse import csr_array

    data = np.ones(len(columns), dtype=dtype) if values is None else values
    return csr_array((data, columns, starts), shape=(len(starts) - 1, n_columns))


def by_column(starts: Ints, rows: Ints, n_rows: int, *, dtype: Any = np.int8) -> Any:
    """Make a matrix of ones from the rows of each column."""
    from scipy.sparse import csc_array

    return csc_array((np.ones(len(rows), dtype=dtype), rows, starts), shape=(n_rows, len(starts) - 1))


def counted(rows: Ints, columns: Ints, n_rows: int, n_columns: int) -> Any:
    """Count how often each cell is named."""
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(n_rows, n_columns))
