r"""Adjusted p-values of many tests: Benjamini and Hochberg, Holm, Bonferroni.

With the p-values in ascending order, :math:`p_{(1)} \le \dots \le p_{(m)}`, the adjusted ones are

.. math:: \text{bh}: \min_{j \ge i} \frac{m}{j} p_{(j)}, \qquad
    \text{holm}: \max_{j \le i} (m - j + 1) p_{(j)}, \qquad \text{bonferroni}: m \, p_{(i)}

each at most 1. The family may be larger than the tests that were computed, as where only the frequent ones of all
possible pairs were tested: the others count with p = 1, which changes m and nothing else. (SciPy and statsmodels offer
these corrections without a larger family and without missing tests.)

References
----------
Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful approach to
multiple testing. Journal of the Royal Statistical Society B 57(1), 289-300.
https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2),
65-70. https://www.jstor.org/stable/4615733
"""

from typing import Literal

import numpy as np

from .arrays import Floats

Correction = Literal["bh", "holm", "bonferroni"]
CORRECTIONS = ("bh", "holm", "bonferroni", None)


def adjust_p_values(p: Floats, method: Correction | None, *, n_tests: int | None = None) -> Floats:
    """Compute adjusted p-values (q-values).

    Parameters
    ----------
    p : float array of shape (n,)
        P-values; NaN is no test, and stays NaN.
    method : {"bh", "holm", "bonferroni"} or None
        The correction; None gives p back.
    n_tests : int, optional
        Size of the family if it is larger than the p-values given; those not given have p = 1.

    Returns
    -------
    float array of shape (n,)
        In the order of ``p``, a new array.

    Examples
    --------
    >>> adjust_p_values(np.array([0.01, np.nan, 0.04]), "holm").tolist()
    [0.02, nan, 0.04]
    >>> adjust_p_values(np.array([0.01, 0.04]), "bh", n_tests=4).tolist()
    [0.04, 0.08]
    """
    p = np.asarray(p, dtype=np.float64)
    if method is None:
        return p.copy()
    order = np.argsort(p, kind="stable")[: int(np.count_nonzero(~np.isnan(p)))]  # NaN is sorted last
    m, rank = max(n_tests or 0, len(order)), np.arange(1, len(order) + 1)
    ordered = p[order]
    if method == "bonferroni":
        ordered = ordered * m
    elif method == "holm":
        ordered = np.maximum.accumulate(ordered * (m - rank + 1))
    else:
        ordered = np.minimum.accumulate((ordered * m / rank)[::-1])[::-1]
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(ordered, 1.0)
    return adjusted
