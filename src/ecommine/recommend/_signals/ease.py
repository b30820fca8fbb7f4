r"""EASE: a linear model that predicts each product of a customer or basket from the others, in closed form.

With the 0/1 matrix X of customers by products, the weights that minimise
:math:`\lVert X - X B \rVert^2 + \lambda \lVert B \rVert^2` with a zero diagonal are

.. math:: B_{ij} = -P_{ij} / P_{jj}, \quad P = (X^\top X + \lambda I)^{-1}

(Steck 2019). The largest 200 of each product are kept: they are most of the ranking, and a fitted model stays small.

References
----------
Steck, H. (2019). Embarrassingly shallow autoencoders for sparse data. The World Wide Web Conference, 3251-3257.
https://doi.org/10.1145/3308558.3313710
"""

from typing import Any

import numpy as np

LARGE = 2_048
"""Products from which on single precision is used: half the memory, and the ranking is the same."""


def ease_weights(matrix: Any, penalty: float, *, keep: int | None = 200) -> Any:
    """Fit EASE to a sparse 0/1 matrix, and keep the largest weights of each target product.

    Returns
    -------
    sparse array of shape (n_products, n_products)
        ``X @ weights`` is the score; column j holds what speaks for product j.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> customers = csr_array([[1.0, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 0]])
    >>> ease_weights(customers, 1.0).toarray().astype(float).round(3).tolist()
    [[0.0, 0.25, 0.25], [0.333, 0.0, 0.375], [0.333, 0.375, 0.0]]
    """
    from scipy.linalg.lapack import get_lapack_funcs
    from scipy.sparse import csr_array

    n = matrix.shape[1]
    if not n:
        return csr_array((0, 0), dtype=np.float32)  # LAPACK prints a complaint
    dtype = np.float64 if n < LARGE else np.float32
    gram = np.asarray((matrix.T @ matrix).toarray(), dtype=dtype, order="F")
    gram[np.diag_indices(n)] += penalty
    factor, invert = get_lapack_funcs(("potrf", "potri"), (gram,))
    with one_blas_thread():
        lower, _ = factor(gram, lower=True, overwrite_a=True)
        inverse, _ = invert(lower, lower=True, overwrite_c=True)
    upper = np.triu_indices(n, 1) if n < LARGE else None
    if upper is not None:
        inverse[upper] = inverse.T[upper]
    else:
        for j in range(1, n):  # row by row: no index arrays as large as the matrix
            inverse[:j, j] = inverse[j, :j]
    weights = inverse
    weights /= -np.diag(inverse).copy()[None, :]
    weights[np.diag_indices(n)] = 0
    return largest_in_columns(weights, keep)


def one_blas_thread() -> Any:
    """Keep BLAS to one thread: where other work runs too, its threads wait for each other far longer than they work."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def largest_in_columns(weights: Any, keep: int | None) -> Any:
    """Keep the largest weights, by size, of each column of a dense matrix, as a sparse array by rows."""
    from scipy.sparse import csc_array

    n = weights.shape[0]
    if keep is None or keep >= n:
        return csc_array(weights.astype(np.float32)).tocsr()
    step, parts = max(2**24 // max(n, 1), 1), []
    for first in range(0, weights.shape[1], step):
        block = weights[:, first : first + step]
        rows = np.argpartition(-np.abs(block), keep - 1, axis=0)[:keep]
        parts.append((np.sort(rows, axis=0), first))
    rows = np.concatenate([part for part, _ in parts], axis=1)
    columns = np.broadcast_to(np.arange(weights.shape[1]), rows.shape)
    data = weights[rows, columns].astype(np.float32)
    bounds = np.arange(0, rows.size + 1, keep, dtype=np.int32)
    made = csc_array((data.T.ravel(), rows.T.ravel().astype(np.int32), bounds), shape=weights.shape)
    made.eliminate_zeros()
    return made.tocsr()
