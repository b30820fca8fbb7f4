"""Cosine likeness of products by those who bought them, or of whatever the rows of a sparse matrix are."""

from typing import Any

import numpy as np


def cosine_weights(matrix: Any, k: int) -> Any:
    """Return the cosine of each product to its k nearest others, in blocks.

    Returns
    -------
    sparse array of shape (n_products, n_products)
        ``X @ weights`` is the score; column j holds the nearest of product j.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> cosine_weights(csr_array([[1.0, 1, 0], [1, 0, 1], [1, 1, 0]]), 1).toarray().round(3).tolist()
    [[0.0, 0.816, 0.577], [0.816, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    from scipy.sparse import csr_array, hstack

    matrix = csr_array(matrix, dtype=np.float64)
    n = matrix.shape[1]
    size = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    scale = np.divide(1.0, size, out=np.zeros(n), where=size > 0)
    unit = matrix.multiply(scale[None, :]).tocsc()
    step = max(2**22 // max(n, 1), 1)
    parts = [_nearest((unit.T @ unit[:, first : first + step]).toarray(), first, k) for first in range(0, n, step)]
    return hstack(parts, format="csr") if parts else csr_array((n, n))


def _nearest(cosine: Any, first: int, k: int) -> Any:
    """Keep the k nearest of each column of a block, none of them the product itself; of equal ones the first."""
    from scipy.sparse import csc_array

    n, width = cosine.shape
    own = np.arange(width)
    cosine[first + own, own] = 0
    if k < n:
        order = np.argsort(-cosine, axis=0, kind="stable")[k:]
        cosine[order, own[None, :]] = 0
    return csc_array(cosine)
