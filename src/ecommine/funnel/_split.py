r"""The difference of two products, split into one part a factor that add up to it.

A conversion is the product of its step conversions. Changing the steps one after the other from what they were before
to what they are after splits the difference, but differently for each order of the steps. Shapley's value is the mean
over all orders. For a product it is an integral along the straight way from the one to the other:

.. math:: \phi_k = (b_k - a_k) \int_0^1 \prod_{j \ne k} \bigl((1 - t) a_j + t b_j\bigr) \, dt

since a factor that comes at a random time t finds each other one changed with chance t. The integrand is a polynomial,
which Gauss and Legendre's quadrature of enough nodes integrates exactly, whatever the number of steps; all orders of 20
steps could not be listed. The logarithmic mean (LMDI, Ang 2005) nearly agrees and also adds up, but has no value where
a step loses everybody.

References
----------
Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II, 307-317.
https://doi.org/10.1515/9781400881970-018

Ang, B. W. (2005). The LMDI approach to decomposition analysis: a practical guide. Energy Policy 33(7), 867-871.
https://doi.org/10.1016/j.enpol.2003.10.010
"""

from dataclasses import dataclass

import numpy as np

from .._core.arrays import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The parts of a difference of two products, and how each factor moves them.

    Attributes
    ----------
    parts : float array of shape (n_factors,)
        Their sum is the difference.
    by_before, by_after : float array of shape (n_factors, n_factors)
        Derivative of each part (row) by each factor (column) of the one and the other product.
    """

    parts: Floats
    by_before: Floats
    by_after: Floats


def split(before: Floats, after: Floats) -> Split:
    """Split the product of ``after`` minus the product of ``before`` into one part a factor (Shapley's value).

    Parameters
    ----------
    before, after : float array of shape (n_factors,)
        The factors.

    Examples
    --------
    >>> found = split(np.array([0.5, 0.1]), np.array([0.5, 0.3]))
    >>> found.parts.round(12).tolist()  # half of those that enter come to the step that changed
    [0.0, 0.1]
    """
    n = len(before)
    node, weight = np.polynomial.legendre.leggauss(n // 2 + 1)  # exact for all powers of t below n + 1
    at, weight = (node + 1) / 2, weight / 2
    path = np.outer(1 - at, before) + np.outer(at, after)
    is_factor = np.eye(n, dtype=bool)
    left_out = is_factor[:, None, :] | is_factor[None, :, :]
    others = np.where(left_out, 1.0, path[:, None, None, :]).prod(axis=3)  # node, factor, one more factor left out
    alone = np.einsum("t,tkk->k", weight, others)
    change = (after - before)[:, None]
    by_before = change * np.tensordot(weight * (1 - at), others, 1)
    by_after = change * np.tensordot(weight * at, others, 1)
    np.fill_diagonal(by_before, -alone)
    np.fill_diagonal(by_after, alone)
    return Split(parts=(after - before) * alone, by_before=by_before, by_after=by_after)
