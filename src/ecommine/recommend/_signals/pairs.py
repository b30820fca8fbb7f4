"""Features of a customer, and of a customer with a product that was bought before."""

from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from .._read.history import History

MAX_LOG_RATIO = 3.0
OWN_FEATURES = ("own", "own count", "own age", "own ratio", "own ratio squared", "own repeated", "own share")


def customer_features(history: History, customers: Ints) -> Floats:
    """Return columns that are the same for all products: orders, days since the last, products, pace."""
    orders = history.orders[customers].astype(np.float64)
    is_known = orders > 0
    since = np.where(is_known, history.day - np.where(is_known, history.last_order[customers], 0), 0)
    age = np.where(is_known, history.day - np.where(is_known, history.first_order[customers], 0), 0)
    n_products = np.diff(history.bounds)[customers]
    gap = (age - since + 1) / np.maximum(orders, 1)
    ratio = np.clip(np.log((since + 1) / (gap + 1)), -MAX_LOG_RATIO, MAX_LOG_RATIO)
    columns = (np.log1p(orders), np.log1p(since), np.log1p(n_products), ratio, np.log1p(age))
    return np.stack(columns, axis=1)


def own_features(history: History, pair: Ints, customer: Ints) -> Floats:
    """Return columns of pairs that were bought before, see `OWN_FEATURES`."""
    count = history.count[pair].astype(np.float64)
    since = (history.day - history.last[pair]).astype(np.float64)
    gap = (history.last[pair] - history.first[pair]) / np.maximum(count - 1, 1)
    is_repeated = count > 1
    ratio = np.where(is_repeated, np.log((since + 1) / (gap + 1)), 0.0)
    ratio = np.clip(ratio, -MAX_LOG_RATIO, MAX_LOG_RATIO)
    share = np.log(count / np.maximum(history.orders[customer], 1))
    return np.stack(
        (np.log(history.decayed[pair] + 0.05), np.log(count), np.log1p(since), ratio, ratio**2, is_repeated, share),
        axis=1,
    ).astype(np.float64)


def pairs_of(history: History, customers: Ints) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of some customers, and the row of each in ``customers``."""
    first, end = history.bounds[customers], history.bounds[customers + 1]
    counts = end - first
    row = np.repeat(np.arange(len(customers)), counts)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(first, counts) + offset, row


def positions_in(catalogue: Ints, n_products: int) -> Ints:
    """Return the column of each product in the catalogue, -1 where it has none."""
    place = np.full(n_products, -1)
    place[catalogue] = np.arange(len(catalogue))
    return place


def at_pairs(scores: list[Any], row: Ints, column: Ints) -> Floats:
    """Return the score of each signal at pairs; outside the catalogue (-1) the lowest of the customer."""
    if not scores:
        return np.zeros((len(row), 0))
    values = []
    for score in scores:
        rows = row if score.shape[0] > 1 else np.zeros(len(row), dtype=np.int64)
        value = score[rows, column].astype(np.float64)
        outside = np.flatnonzero(column < 0)
        if len(outside):
            value[outside] = score.min(axis=1)[rows[outside]]
        values.append(value)
    return np.stack(values, axis=1)


def is_stored(matrix: Any, row: Ints, column: Ints) -> Any:
    """Return which entries a sparse matrix by rows holds.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> is_stored(csr_array([[0, 1], [1, 0]]), np.array([0, 0]), np.array([1, 0])).tolist()
    [True, False]
    """
    return values_at(matrix, row, column, found=True)


def values_at(matrix: Any, row: Ints, column: Ints, *, found: bool = False) -> Any:
    """Return entries of a sparse matrix by rows, 0 where it holds none; or only whether it does.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> values_at(csr_array([[0, 3], [2, 0]]), np.array([0, 1]), np.array([1, 1])).tolist()
    [3, 0]
    """
    width = matrix.shape[1]
    matrix.sort_indices()
    stored = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr)) * width + matrix.indices
    key = row.astype(np.int64) * width + column
    if not len(stored):
        return np.zeros(len(key), dtype=bool if found else matrix.dtype)
    place = np.minimum(np.searchsorted(stored, key), len(stored) - 1)
    is_there = stored[place] == key
    return is_there if found else np.where(is_there, matrix.data[place], 0)
