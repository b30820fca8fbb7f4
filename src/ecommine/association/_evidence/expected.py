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

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Floats, Ints

HALF = 0.5
MIN_DISPERSION = 1e-3
"""Of products that are in all orders, or in none."""
MAX_BINOMIAL_DISPERSION = 0.999
"""Dispersion from which a binomial count is a Poisson count."""
RELATIVE_ERROR = 0.01
"""Standard error of an expected count that the approximation is allowed, relative to it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chance:
    """Orders with both sides of each rule by chance: their mean, and their variance for orders that are independent."""

    mean: Floats
    variance: Floats

    @property
    def dispersion(self) -> Floats:
        """The variance over that of a Poisson count, with an allowance for the error of the mean."""
        relative = np.divide(self.variance, self.mean, out=np.ones(len(self.mean)), where=self.mean > 0)
        return np.maximum(relative, MIN_DISPERSION) + RELATIVE_ERROR**2 * self.mean


def expect_orders(left: Floats, right: Floats, room: Floats, n_orders: Ints | Floats) -> Chance:
    """Compute the expected orders with both sides of each rule, and their variance.

    Parameters
    ----------
    left, right : float arrays of shape (n_rules, n_strata)
        Shares of orders with each side.
    room : float array of shape (n_rules, n_strata)
        What the products of both sides leave each other.
    n_orders : array of shape (n_strata,) or (n_rules, n_strata)
        Orders that the shares are of.
    """
    by_independence = left * right
    both = by_independence * room
    variance = by_independence * (1 - left) * (1 - right) + (both - by_independence) * (1 - 2 * left) * (1 - 2 * right)
    mean = (both * n_orders).sum(axis=1)
    mean = clip_to_margins(mean, (left * n_orders).sum(axis=1), (right * n_orders).sum(axis=1))
    return Chance(mean=mean, variance=(variance * n_orders).sum(axis=1))


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


def upper_tail(count: "Ints | Floats", mean: Floats, dispersion: "Floats | float" = 1.0) -> Floats:
    """Compute the probability of a count at least this high: that of a Poisson count in units of the dispersion.

    Examples
    --------
    >>> upper_tail(np.array([1, 2]), np.array([1.0, 1.0])).round(3).tolist()
    [0.632, 0.264]
    >>> upper_tail(np.array([120, 120]), np.array([100.0, 100.0]), np.array([0.5, 2.0])).round(3).tolist()
    [0.003, 0.092]
    """
    from scipy.special import gammainc

    return np.where(count > 0, gammainc(np.maximum(count, 1e-300) / dispersion, mean / dispersion), 1.0)


def lower_tail(count: "Ints | Floats", mean: Floats, dispersion: "Floats | float" = 1.0) -> Floats:
    """Compute the probability of a count at most this high: likewise, or that of a binomial count of less dispersion.

    A Poisson count in small units would be too skewed, and its lower tail too short.

    Examples
    --------
    >>> lower_tail(np.array([0, 1]), np.array([1.0, 1.0])).round(3).tolist()
    [0.368, 0.736]
    >>> lower_tail(np.array([80, 80]), np.array([100.0, 100.0]), np.array([0.5, 2.0])).round(3).tolist()
    [0.003, 0.086]
    """
    from scipy.special import betainc, gammaincc

    share = 1 - np.minimum(dispersion, MAX_BINOMIAL_DISPERSION)
    trials = mean / share
    binomial = betainc(np.maximum(trials - count, 1e-300), count + 1.0, 1 - share)
    poisson = gammaincc(count / dispersion + 1.0, mean / dispersion)
    return np.where((np.asarray(dispersion) < MAX_BINOMIAL_DISPERSION) & (count < trials), binomial, poisson)
