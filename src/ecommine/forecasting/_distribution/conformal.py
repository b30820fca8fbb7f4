"""Quantiles of forecasts from pooled rolling-origin errors, in units of each series' own error."""

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, known_mean
from ..._stats.intervals import normal_quantile

N_GRID = 199
"""Equal parts of the distribution of errors from which its expectation is taken where zero cuts it off."""
MIN_SERIES_TO_THIN = 1_000
"""Series for each neighbouring step from which on not all series need to show all of these."""


def conformal_rank(n: int, p: float) -> int:
    r"""Return the rank, from 1, of the quantile of n errors that a new one stays below with probability p.

    :math:`\lceil (n + 1) p \rceil` above the median, :math:`\lfloor (n + 1) p \rfloor` below it: 0 or n + 1 where n
    errors do not reach so far.

    References
    ----------
    Vovk, V., Gammerman, A. and Shafer, G. (2005). Algorithmic Learning in a Random World. Springer.

    Lei, J., G'Sell, M., Rinaldo, A., Tibshirani, R. J. and Wasserman, L. (2018). Distribution-free predictive inference
    for regression. Journal of the American Statistical Association 113(523), 1094-1111.
    https://doi.org/10.1080/01621459.2017.1307116

    Examples
    --------
    >>> conformal_rank(19, 0.95), conformal_rank(19, 0.05), conformal_rank(3, 0.95)
    (19, 1, 4)
    """
    exact = (n + 1) * p
    whole = round(exact)
    if abs(exact - whole) < 1e-9:
        return whole
    return int(np.ceil(exact)) if p >= 0.5 else int(np.floor(exact))


def conformal_quantiles(errors: Floats, levels: Floats) -> Floats:
    """Return quantiles of errors, NaN where there are too few."""
    ordered = np.sort(errors[~np.isnan(errors)])
    ranks = [conformal_rank(len(ordered), float(p)) for p in levels]
    return np.array([ordered[rank - 1] if 1 <= rank <= len(ordered) else np.nan for rank in ranks])


def error_quantiles(errors: Floats, levels: Floats) -> Floats:
    """Return quantiles of pooled scaled errors by step ahead, of shape (horizon, n_levels).

    Steps that no origin has seen take the errors of the last one that was seen, which grow with the root of the step.
    Where errors are too few for a quantile, it is that of a normal distribution with their mean square, at least 1.

    Parameters
    ----------
    errors : float array of shape (n, horizon)
        Errors divided by the scale of their series.
    levels : float array of shape (n_levels,)
    """
    quantiles = np.full((errors.shape[1], len(levels)), np.nan)
    normal = np.array([normal_of(float(p)) for p in levels])
    last = -1
    for step in range(errors.shape[1]):
        known = errors[:, step][~np.isnan(errors[:, step])]
        if not len(known):
            growth = np.sqrt((step + 1) / (last + 1)) if last >= 0 else np.sqrt(step + 1)
            quantiles[step] = growth * (quantiles[last] if last >= 0 else normal)
            continue
        last = step
        found = conformal_quantiles(known, levels)
        spread = max(float(np.sqrt((known**2).mean())), 1.0)
        quantiles[step] = np.where(np.isnan(found), spread * normal, found)
    return np.maximum.accumulate(quantiles, axis=1)


def errors_of_all_periods(errors: Floats, spacing: int) -> Floats:
    """Return errors of which every step has those of all periods, of shape (n * width, horizon).

    Origins that lie some periods apart show each step other periods: two apart, a step sees the even ones and the next
    the odd ones, and chance of these would come back in the forecast. So many neighbouring steps as origins lie apart
    see every period once. Their errors count in proportion to the growth of errors with the step.

    Parameters
    ----------
    errors : float array of shape (n_series, n_origins, horizon)
        Errors divided by their scale, NaN where not known.
    spacing : int
        Periods between origins.

    Examples
    --------
    >>> errors_of_all_periods(np.array([[[1.0, -2.0, 1.0, -2.0]]]), 2).round(2).tolist()
    [[1.0, 1.58, -2.0, 1.26], [-1.26, -2.0, 1.0, -2.0]]
    """
    flat = errors.reshape(-1, errors.shape[2])
    horizon = flat.shape[1]
    width = min(spacing, horizon)
    if width < 2:
        return flat
    growth = rising(known_mean(flat.T**2), np.ones(horizon))
    growth = np.sqrt(np.where(growth > 0, growth, 1.0))
    first = np.clip(np.arange(horizon) - width // 2, 0, horizon - width)
    pooled = np.empty((width, len(flat), horizon), dtype=flat.dtype)
    for place in range(width):
        pooled[place] = flat[:, first + place] * (growth / growth[first + place])
    if len(errors) < MIN_SERIES_TO_THIN * width:
        return pooled.reshape(-1, horizon)
    shaped = pooled.reshape(width, *errors.shape)  # many series: each shows one of the steps
    return np.concatenate([part[place::width].reshape(-1, horizon) for place, part in enumerate(shaped)])


def rising(values: Floats, weight: Floats) -> Floats:
    """Return the closest values that never fall, by weighted least squares; NaN stays.

    Examples
    --------
    >>> rising(np.array([1.0, 4.0, 2.0, 5.0]), np.ones(4)).tolist()
    [1.0, 3.0, 3.0, 5.0]
    """
    blocks: list[tuple[float, float, int]] = []
    known = np.flatnonzero(~np.isnan(values) & (weight > 0))
    for value, own in zip(values[known], weight[known], strict=True):
        mean, total, count = float(value), float(own), 1
        while blocks and blocks[-1][0] > mean:
            before, its, n = blocks.pop()
            mean, total, count = (before * its + mean * total) / (its + total), its + total, n + count
        blocks.append((mean, total, count))
    risen = np.full(len(values), np.nan)
    risen[known] = np.repeat([mean for mean, _, _ in blocks], [n for _, _, n in blocks])
    return risen


def normal_of(p: float) -> float:
    """Return the quantile of the standard normal distribution."""
    if p == 0.5:
        return 0.0
    distance = normal_quantile(abs(2 * p - 1))
    return distance if p > 0.5 else -distance


def grid_levels() -> Floats:
    """Return the middle levels of equal parts of a distribution."""
    return (np.arange(N_GRID) + 0.5) / N_GRID


def finite_errors(errors: Floats, scales: Floats) -> Floats:
    """Return errors in units of their scale, of shape (n_series, n_origins, horizon); NaN without a scale."""
    usable = np.where(scales > 0, scales, np.nan)
    return np.asarray(errors / usable[:, :, None])


def pool(groups: Ints, has_errors: Bools, fewest: int) -> Ints:
    """Return the group whose errors each series takes: its own where enough series of it have some, else -1 for all.

    Examples
    --------
    >>> pool(np.array([0, 0, 1]), np.array([True, True, True]), 2).tolist()
    [0, 0, -1]
    """
    totals = np.bincount(groups[has_errors], minlength=int(groups.max(initial=0)) + 1)
    return np.where(totals[groups] >= fewest, groups, -1)


def central_pairs(levels: Floats) -> list[tuple[int, int]]:
    """Return the positions of levels as far below as above the median, the outer ones first.

    Examples
    --------
    >>> central_pairs(np.array([0.05, 0.1, 0.5, 0.95]))
    [(0, 3)]
    """
    matches = ((low, np.flatnonzero(np.isclose(levels, 1 - levels[low]))) for low in range(len(levels) // 2))
    return [(low, int(match[0])) for low, match in matches if len(match)]
