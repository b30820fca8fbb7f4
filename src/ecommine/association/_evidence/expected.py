r"""How many orders hold two sets of products by chance, in baskets of these sizes, and how far the count is from it.

Large baskets contain everything, so that over all orders every pair of products looks associated. Orders are therefore
put into strata of like size, and on demand of one season, since products of one season meet for no other reason (see
:mod:`.strata`). In a stratum of :math:`n_s` orders with shares :math:`P_s`, sets A and B are expected in

.. math:: E_{s,AB} = n_s P_s(A) P_s(B) \Bigl[1 - a_s \sum_{i \in A} (1 - P_{si}) \sum_{j \in B} (1 - P_{sj})\Bigr]

orders: products take room from one another, the less the more certain they are. This is the joint inclusion
probability of a sample of fixed size (Hájek 1964), with :math:`a_s` such that as many pairs are expected as there are:

.. math:: a_s = \frac{\bar k^2 - \sum_i P_{si}^2 - \overline{k (k - 1)}}{(\sum_i v_{si})^2 - \sum_i v_{si}^2},
    \qquad v_{si} = P_{si} (1 - P_{si})

with k the basket size. Where the bracket would take more than a half, x, the rest is 1 / (4 x), above zero. Without the
bracket a basket of two would expect twice its one pair; where sizes within a stratum differ much, a is below zero, and
pairs are expected more often.

References
----------
Hájek, J. (1964). Asymptotic theory of rejective sampling with varying probabilities from a finite population. Annals of
Mathematical Statistics 35(4), 1491-1523. https://doi.org/10.1214/aoms/1177700375
"""

import numpy as np

from ..._core.arrays import Floats, Ints
from .strata import Strata

HALF = 0.5


def expected_orders(
    left: Floats, right: Floats, left_complement: Floats, right_complement: Floats, strata: Strata
) -> Floats:
    """Compute the expected orders with both sides of each rule.

    Parameters
    ----------
    left, right : float arrays of shape (n_rules, n_strata)
        Shares of orders with each side.
    left_complement, right_complement : float arrays of shape (n_rules, n_strata)
        Sums of 1 - P over the products of each side.
    strata : Strata

    Returns
    -------
    float array of shape (n_rules,)
    """
    joint = left * right * remaining_room(strata.crowding * left_complement * right_complement)
    mean = (joint * strata.n_orders_with_pairs).sum(axis=1)
    return clip_to_margins(mean, left @ strata.n_orders, right @ strata.n_orders)


def remaining_room(taken: Floats) -> Floats:
    """Compute the room that products leave each other, 1 less what they take; from a half on it falls more slowly.

    Where one or two products fill most orders, the approximation takes more than there is.

    Examples
    --------
    >>> remaining_room(np.array([0.1, 0.5, 1.0])).tolist()
    [0.9, 0.5, 0.25]
    """
    return np.asarray(np.where(taken <= HALF, 1 - taken, HALF**2 / np.maximum(taken, HALF)))


def clip_to_margins(mean: Floats, left: Floats, right: Floats) -> Floats:
    """Keep an approximation between none and all of the orders of the rarer side."""
    return np.asarray(np.clip(mean, 0.0, np.minimum(left, right)))


def poisson_upper_tail(count: "Ints | Floats", mean: Floats) -> Floats:
    """Compute the probability of a Poisson count at least this high; the gamma function fills in between integers.

    Examples
    --------
    >>> poisson_upper_tail(np.array([1, 2]), np.array([1.0, 1.0])).round(3).tolist()
    [0.632, 0.264]
    """
    from scipy.special import gammainc

    return np.where(count > 0, gammainc(np.maximum(count, 1e-300), mean), 1.0)


def poisson_lower_tail(count: "Ints | Floats", mean: Floats) -> Floats:
    """Compute the probability of a Poisson count at most this high, likewise.

    Examples
    --------
    >>> poisson_lower_tail(np.array([0, 1]), np.array([1.0, 1.0])).round(3).tolist()
    [0.368, 0.736]
    """
    from scipy.special import gammaincc

    return np.asarray(gammaincc(count + 1.0, mean))
