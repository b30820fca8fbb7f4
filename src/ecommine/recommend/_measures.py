r"""Measures of lists against what was bought, one row per customer and window.

With k places, the wanted products w of a customer and the hits among those shown,

.. math:: \text{precision} = \frac{\text{hits}}{k}, \quad \text{recall} = \frac{\text{hits}}{\min(k, w)}, \quad
    \text{NDCG} = \frac{\sum_{\text{hit at } r} 1 / \log_2(1 + r)}{\sum_{r \le \min(k, w)} 1 / \log_2(1 + r)}

A short list keeps its denominator, a customer without a list counts 0, and all products are ranked: against a hundred
drawn ones every method looks alike (Krichene and Rendle 2020).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats, Ints
from ._rank import Lists
from ._signals.pairs import is_stored


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Measures of one candidate, one row per customer (or basket) and window.

    Attributes
    ----------
    unit : int array of shape (n_rows,)
        The customer.
    window : int array of shape (n_rows,)
    orders : int array of shape (n_rows,)
        Past orders of the customer.
    ndcg, precision, recall, hit_rate, ndcg_new : float arrays of shape (n_rows,)
        The last is NaN where the customer bought nothing new.
    shown, repeats : float arrays of shape (n_windows,)
        Share of the products known then that are in any list, and share of the places that repeat a purchase.
    """

    unit: Ints
    window: Ints
    orders: Ints
    ndcg: Floats
    precision: Floats
    recall: Floats
    hit_rate: Floats
    ndcg_new: Floats
    shown: Floats
    repeats: Floats


def discounts(k: int) -> Floats:
    """Return the worth of a hit at each place.

    Examples
    --------
    >>> discounts(3).round(3).tolist()
    [1.0, 0.631, 0.5]
    """
    return np.asarray(1 / np.log2(np.arange(2, k + 2)))


def hits_of(lists: Lists, truth: Any, customers: Ints) -> Bools:
    """Return which rows of lists are among the wanted products."""
    return np.asarray(is_stored(truth, customers[lists.owner], lists.product))


def ndcg_of(owner: Ints, rank: Ints, hit: Bools, wanted: Ints, k: int) -> Floats:
    """Return the NDCG of each list.

    Parameters
    ----------
    owner, rank : int arrays of shape (n_rows,)
    hit : bool array of shape (n_rows,)
    wanted : int array of shape (n_lists,)
        How many products are wanted, at least one.

    Examples
    --------
    >>> ndcg_of(np.array([0, 0]), np.array([1, 2]), np.array([False, True]), np.array([1]), 10).round(3).tolist()
    [0.631]
    """
    worth = discounts(k)
    gained = np.bincount(owner, hit * worth[rank - 1], minlength=len(wanted))
    return np.asarray(gained / np.cumsum(worth)[np.minimum(wanted, k) - 1])


def counts_of(truth: Any, customers: Ints) -> Ints:
    """Return how many distinct products each customer wanted."""
    return np.asarray(np.diff(truth.indptr)[customers], dtype=np.int64)
