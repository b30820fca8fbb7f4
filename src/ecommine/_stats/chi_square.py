r"""Chi-square tests: counts against shares, equal shares in all rows of a table, one effect in all groups.

The last is Cochran's :math:`Q = \sum_g w_g (d_g - \bar d)^2` with :math:`w_g = 1 / \mathrm{se}_g^2` and the weighted
mean :math:`\bar d`, which has one degree of freedom less than groups. Standard errors of few units, with
:math:`\nu_g` degrees of freedom, make Q too large; Welch's test divides it by what they are expected to add, and takes
Fisher's F.

References
----------
Pearson, K. (1900). On the criterion that a given system of deviations from the probable is such that it can be
reasonably supposed to have arisen from random sampling. Philosophical Magazine 50(302), 157-175.
https://doi.org/10.1080/14786440009463897

Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10(1), 101-129.
https://doi.org/10.2307/3001666

Welch, B. L. (1951). On the comparison of several mean values: an alternative approach. Biometrika 38(3-4), 330-336.
https://doi.org/10.1093/biomet/38.3-4.330
"""

import numpy as np

from .arrays import Floats

MIN_EXPECTED = 5.0
"""Expected count of the smallest cell of a row; smaller rows are taken together."""
MIN_UNCERTAINTY = 1e-9
"""Sum over groups of (1 - share of the weights)² over the degrees of freedom, below which errors count as known."""


def chi_square_p_value(statistic: float, df: int) -> float:
    """Compute the upper tail; NaN without degrees of freedom.

    Examples
    --------
    >>> round(chi_square_p_value(3.841459, 1), 4)
    0.05
    """
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic)) if df > 0 else float("nan")


def counts_p_value(counts: Floats, shares: Floats) -> float:
    """Compute the p-value that counts come from these shares, which add up to 1.

    Examples
    --------
    >>> float(f"{counts_p_value(np.array([821_588.0, 815_482.0]), np.array([0.5, 0.5])):.2e}")
    1.82e-06
    """
    expected = shares * counts.sum()
    return chi_square_p_value(float(((counts - expected) ** 2 / expected).sum()), len(counts) - 1)


def furthest_row(table: Floats, shares: Floats) -> tuple[int, float]:
    """Find the row of counts that is furthest from these shares of the columns, and the p-value of all other rows.

    Examples
    --------
    >>> furthest_row(np.array([[50.0, 50.0], [90.0, 10.0], [50.0, 50.0]]), np.array([0.5, 0.5]))
    (1, 1.0)
    """
    expected = shares * table.sum(axis=1, keepdims=True)
    distances = ((table - expected) ** 2 / np.maximum(expected, 1e-300)).sum(axis=1)
    worst = int(np.argmax(distances))
    others = np.delete(table, worst, axis=0).sum(axis=0)
    return worst, counts_p_value(others, shares) if others.sum() else float("nan")


def homogeneity(table: Floats) -> tuple[float, int]:
    """Compute the chi-square of equal shares of the columns in all rows, and its degrees of freedom.

    Rows that expect fewer than five in a column are taken together; columns and rows without a count are left out.

    Examples
    --------
    >>> statistic, df = homogeneity(np.array([[10.0, 20.0], [20.0, 10.0]]))
    >>> round(statistic, 3), df
    (6.667, 1)
    """
    table = table[:, table.sum(axis=0) > 0]
    table = _merge_small(table[table.sum(axis=1) > 0]) if table.size else table
    if min(table.shape) < 2:
        return 0.0, 0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(((table - expected) ** 2 / expected).sum()), (table.shape[0] - 1) * (table.shape[1] - 1)


def heterogeneity_p_value(effects: Floats, errors: Floats, df: Floats) -> float:
    """Compute the p-value that effects with these standard errors are one and the same; NaN with fewer than two.

    Parameters
    ----------
    effects, errors, df : float arrays of shape (n_groups,)
        Estimates, their standard errors, and the degrees of freedom of these; infinite where an error is known.

    Examples
    --------
    >>> effects, errors = np.array([0.1140, 0.7323]), np.array([0.1987, 0.1689])
    >>> round(heterogeneity_p_value(effects, errors, np.full(2, np.inf)), 4)
    0.0177
    >>> round(heterogeneity_p_value(effects, errors, np.full(2, 4.0)), 4)
    0.046
    """
    from scipy.special import fdtrc

    n = len(effects)
    if n < 2:
        return float("nan")
    weights = 1 / errors**2
    mean = (weights * effects).sum() / weights.sum()
    q = float((weights * (effects - mean) ** 2).sum())
    uncertainty = float(((1 - weights / weights.sum()) ** 2 / df).sum())
    if uncertainty < MIN_UNCERTAINTY:
        return chi_square_p_value(q, n - 1)
    ratio = q / (n - 1) / (1 + 2 * (n - 2) / (n**2 - 1) * uncertainty)
    return float(fdtrc(n - 1, (n**2 - 1) / (3 * uncertainty), ratio))


def _merge_small(table: Floats) -> Floats:
    smallest = table.sum(axis=0).min() / table.sum()
    is_small = table.sum(axis=1) * smallest < MIN_EXPECTED
    return np.vstack([table[~is_small], table[is_small].sum(axis=0)]) if is_small.any() else table
