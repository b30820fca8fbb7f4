r"""How sure the slopes are: errors that follow each other, errors that stores and periods share, independent errors.

**AR(1).** Errors of a series are :math:`u_t = \rho u_{t-1} + e_t`, with one :math:`\rho` for all series of a category,
and :math:`\rho^g` over a gap of g periods. Residuals of least squares underrate :math:`\rho`, most of all in short
series. For a regressor direction q of length one, least squares takes from the sum of neighbouring products of errors
and from their sum of squares

.. math:: 2 q' \Omega A q - (q' \Omega q) (q' A q) \quad \text{and} \quad q' \Omega q

where :math:`\Omega` is the correlation of the errors and A takes the mean of both neighbours. They are computed as if q
were an autoregression too, around its mean, with the correlation that it has at lag one: exactly so for an intercept.
The estimate is the :math:`\rho` whose expected ratio of the two sums is that of the residuals.
Then the rows are transformed as by Prais and Winsten, over gaps too, and solved again.

**Clusters.** One-way, or two-way by inclusion and exclusion (Cameron, Gelbach and Miller 2011). A cluster must divide
the rows of a slope: within one cluster the products of regressor and residual add up to zero by construction.

References
----------
Prais, S. J. and Winsten, C. B. (1954). Trend estimators and serial correlation. Cowles Commission Discussion Paper 383.

Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Robust inference with multiway clustering. Journal of Business
& Economic Statistics 29(2), 238-249. https://doi.org/10.1198/jbes.2010.07136
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from ..._stats.arrays import sums_by_group
from ..._stats.shrinkage import moderate_variances
from .least_squares import Design, Solution, WithinSeries

MIN_CLUSTERS = 10
"""With fewer the variance between clusters is hardly known."""
MIN_PAIRS_FOR_RHO = 50
"""Neighbouring rows of a category, below which the correlation is that of the whole shop."""
CENTERING_ROUNDS = 4
"""Rounds in which the autocorrelation of a series around its mean is turned into that of the series itself."""
RHO_GRID = np.linspace(-0.5, 0.95, 30)
"""Correlations of neighbours that are considered."""


def row_variances(solution: Solution, design: Design) -> tuple[Floats, Floats]:
    """Return the variance of a row's error by group, and its degrees of freedom; NaN where there are none."""
    n = design.group_runs.rows()
    freedom = (n - solution.n_parameters) * (1 - solution.shared_share)
    squares = design.group_runs.sums(solution.residuals**2)
    return np.divide(squares, freedom, out=np.full(len(n), np.nan), where=freedom >= 1), freedom


def neighbours(series: Ints, period: Ints) -> Bools:
    """Return which rows come one period after the row before them, in the same series."""
    is_next = np.zeros(len(period), dtype=bool)
    is_next[1:] = (series[1:] == series[:-1]) & (period[1:] == period[:-1] + 1)
    return is_next


def serial_correlations(solution: Solution, design: Design, series: Ints, period: Ints, category: Ints) -> Floats:
    """Estimate the correlation of neighbouring errors for each category, free of the bias of short series.

    Parameters
    ----------
    series, period : int array of shape (n_rows,)
        Only rows of one series follow each other.
    category : int array of shape (n_groups,)
        Numbers from 0.

    Returns
    -------
    float array of shape (n_categories,)
        In [-0.5, 0.95]; where a category has too few rows, that of all.
    """
    is_next = np.flatnonzero(neighbours(series, period))
    # Scaled by its own residuals alone, each series would count by its own ratio, which is biased as it is short.
    sigma = np.sqrt(moderate_variances(*row_variances(solution, design))[0])
    scale = np.divide(1.0, sigma, out=np.zeros(len(sigma)), where=sigma > 0)
    counted = np.append(scale > 0, False)  # groups without an error tell nothing of its correlation
    residuals = solution.residuals * design.group_runs.repeat(scale)
    pairs = design.group_runs.of(is_next)
    by_group = np.array(
        [
            pairs.sums(residuals[is_next] * residuals[is_next - 1]),
            design.group_runs.sums(residuals**2),
            pairs.rows() * counted[:-1],
            design.group_runs.rows() * counted[:-1],
        ]
    )
    taken = _taken_by_regressors(solution, design, is_next) * counted[:-1, None, None]
    n = int(category.max(initial=-1)) + 1
    sums = np.array([sums_by_group(category, values, n) for values in by_group])
    lost = np.array(
        [
            np.bincount(category, weights=column, minlength=n)
            for column in taken.reshape(len(category), 2 * len(RHO_GRID)).T
        ]
    )
    lost = lost.T.reshape(n, 2, len(RHO_GRID))
    shop = _matching(sums.sum(axis=1, keepdims=True), lost.sum(axis=0, keepdims=True))
    return np.where(sums[2] >= MIN_PAIRS_FOR_RHO, _matching(sums, lost), shop)


def _taken_by_regressors(solution: Solution, design: Design, is_next: Ints) -> Floats:
    """Return what least squares takes from both sums at each correlation: shape (n_groups, 2, n_grid)."""
    directions = [(WithinSeries(design).normalised_ones(), design.series_runs)]
    directions += [(column, design.group_runs) for column in solution.basis]
    group_of_series = np.zeros(design.n_series, dtype=np.int64)
    group_of_series[design.series] = design.group
    taken = np.zeros((design.n_groups, 2, len(RHO_GRID)))
    for place, (column, runs) in enumerate(directions):
        pairs = runs.of(is_next)
        lagged = pairs.sums(column[is_next] * column[is_next - 1])
        is_there = runs.sums(column != 0) > 0
        sums = _sums_of_direction(lagged, runs.rows(), pairs.rows(), place > 0) * is_there[:, None, None]
        np.add.at(taken, group_of_series if place == 0 else np.arange(design.n_groups), sums)
    return taken


def _sums_of_direction(lagged: Floats, n: Ints, pairs: Ints, is_centered: bool) -> Floats:
    """Return what a direction takes from both sums at each correlation: shape (n_directions, 2, n_grid).

    Its autocovariances are those of an autoregression; less those of a constant, where it adds up to zero.
    """
    rows = np.maximum(n, 2)[:, None].astype(np.float64)
    observed = np.clip(lagged * n / np.maximum(pairs, 1), -0.99, 0.99 if is_centered else 1.0)[:, None]
    phi, share = observed, np.zeros_like(observed)
    for _ in range(CENTERING_ROUNDS if is_centered else 0):
        share = np.clip((1 + 2 * phi * _lag_series(phi, rows)) / rows, 0.0, 0.9)
        phi = np.clip(observed * (1 - share) + share, -0.99, 0.99)
    squares, neighbour = _autoregressive_sums(phi, rows)
    if is_centered:
        lengths, place = np.unique(rows, return_inverse=True)  # few, where there are many groups
        of_constant = _autoregressive_sums(np.ones((len(lengths), 1)), lengths[:, None])
        squares = (squares - share * of_constant[0][place.ravel()]) / (1 - share)
        neighbour = (neighbour - share * of_constant[1][place.ravel()]) / (1 - share)
    return np.stack([2 * neighbour - lagged[:, None] * squares, squares], axis=1)


def _autoregressive_sums(phi: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Return q' Omega q and q' Omega A q of an autoregression of so many rows at each correlation of the grid."""
    r = phi * RHO_GRID
    mean_power = _mean_power(r, rows)
    series = (1 - mean_power) / (1 - r)
    neighbour = RHO_GRID * (1 - mean_power) + (1 + RHO_GRID**2) * phi * series
    return 1 + 2 * r * series, neighbour


def _lag_series(r: Floats, rows: Floats) -> Floats:
    """Return the sum of (1 - h / n) r^(h - 1) over the lags h from 1 to n - 1."""
    return (1 - _mean_power(r, rows)) / (1 - r)


def _mean_power(r: Floats, rows: Floats) -> Floats:
    """Return the mean of r^h over h from 0 to n - 1."""
    return np.asarray((1 - r**rows) / (rows * (1 - r)), dtype=np.float64)


def _matching(sums: Floats, lost: Floats) -> Floats:
    """Return the correlation whose expected ratio is that of the residuals, for each category."""
    observed = np.divide(sums[0], sums[1], out=np.zeros(sums.shape[1]), where=sums[1] > 0)
    products = sums[2][:, None] * RHO_GRID - lost[:, 0]
    squares = sums[3][:, None] - lost[:, 1]
    expected = np.divide(products, squares, out=np.full(products.shape, np.nan), where=squares > 0)
    rho = np.zeros(len(observed))
    for place, (curve, ratio) in enumerate(zip(expected, observed, strict=True)):
        is_known = ~np.isnan(curve)
        if is_known.any():
            rising = np.maximum.accumulate(curve[is_known])
            rho[place] = np.interp(ratio, rising, RHO_GRID[is_known])
    return rho


def decorrelated(design: Design, series: Ints, period: Ints, rho: Floats) -> Design:
    """Transform rows so that errors with the correlation ``rho`` (per row) become independent (Prais and Winsten)."""
    is_later = np.zeros(len(period), dtype=bool)
    is_later[1:] = series[1:] == series[:-1]
    gap = np.ones(len(period), dtype=np.int64)
    gap[1:] = np.where(is_later[1:], period[1:] - period[:-1], 1)
    decay = np.where(is_later, rho, 0.0)
    is_wide = is_later & (gap != 1)
    decay[is_wide] = np.sign(rho[is_wide]) ** gap[is_wide] * np.abs(rho[is_wide]) ** gap[is_wide]
    scale = 1 / np.sqrt(1 - decay**2)

    def transformed(values: Floats) -> Floats:
        result = values.copy()
        result[..., 1:] -= decay[1:] * values[..., :-1]
        result *= scale
        return result

    periods = design.periods
    if periods is not None:
        lagged = np.zeros(len(decay))
        lagged[1:] = -(scale * decay)[1:] * periods.weight[:-1]
        periods = replace(periods, weight=scale * periods.weight, lagged=lagged)
    return replace(
        design,
        y=transformed(design.y),
        ones=transformed(design.ones),
        columns=transformed(design.columns),
        periods=periods,
    )


def clustered_variances(
    solution: Solution, design: Design, clusters: Sequence[Ints], nested: bool, n_slopes: int
) -> tuple[Floats, Floats]:
    """Return the clustered variances of slopes, of shape (n_groups, n_slopes), and the fewest clusters of each group.

    Parameters
    ----------
    clusters : one or two int arrays of shape (n_rows,)
    nested : bool
        Whether series lie within clusters, so that their intercepts cost one degree of freedom together.
    n_slopes : int
        How many of the last columns: cross prices and the own price, which is the last.
    """
    ways = [distinct_rows(design.group, cluster) for cluster in clusters]
    counts = [np.bincount(design.group[first], minlength=design.n_groups) for _, first in ways]
    if len(clusters) == 2:
        ways.append(distinct_rows(design.group, clusters[0], clusters[1]))
    n_columns = solution.slopes.shape[1]
    variances = [_clustered(_influence(solution, design, k), ways, design) for k in range(n_columns)[-n_slopes:]]
    n = design.group_runs.rows()
    k = (~np.isnan(solution.slopes)).sum(axis=1) + 1 if nested else solution.n_parameters
    factor = np.divide(n - 1, n - k, out=np.full(len(n), np.nan), where=n > k)
    is_unknown = np.isnan(solution.slopes[:, -n_slopes:])
    return np.where(is_unknown, np.nan, np.array(variances).T * factor[:, None]), np.min(counts, axis=0).astype(
        np.float64
    )


def _influence(solution: Solution, design: Design, column: int) -> Floats:
    """Return what each row's residual adds to the slope of a column; only it and later columns take part."""
    weights = solution.inverse[:, column]
    direction = sum(weights[design.group, k] * solution.basis[k] for k in range(column, weights.shape[1]))
    return np.asarray(direction * solution.residuals, dtype=np.float64)


def _clustered(influence: Floats, ways: Sequence[tuple[Ints, Ints]], design: Design) -> Floats:
    """Return the variance of a slope by group: of one way, or of two less that of both, which may leave less than 0."""
    parts = np.array([_one_way(influence, code, first, design) for code, first in ways])
    if len(ways) == 1:
        return np.asarray(parts[0], dtype=np.float64)
    total = parts[0] + parts[1] - parts[2]
    return np.asarray(np.where(total > 0, total, parts[:2].max(axis=0)), dtype=np.float64)


def _one_way(influence: Floats, code: Ints, first: Ints, design: Design) -> Floats:
    """Return the sum of squared cluster sums by group, with the factor of few clusters."""
    sums = np.bincount(code, weights=influence, minlength=len(first))
    group = design.group[first]
    count = np.bincount(group, minlength=design.n_groups)
    factor = np.divide(count, count - 1, out=np.zeros(len(count)), where=count > 1)
    return sums_by_group(group, sums**2, design.n_groups) * factor
