"""What the demand of all series has in common: a factor for each period, and how much each series varies besides."""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Bools, Floats, divide
from .common_factor import common_factor, dispersion_weights

MAX_SERIES = 5_000
"""Series with the most periods of demand, from which is learned what all have in common."""
MIN_SUPPORT = 0.02
"""Expected units of a period's known series, of the usual ones, below which its factor is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDemand:
    """The common factor of all series.

    Attributes
    ----------
    factor : float array of shape (n_periods,)
        Demand per day relative to the levels of the series, of mean 1; NaN where hardly any series is known.
    shape : float array of shape (n_periods,)
        The factor times the days of the period; 0 where it is not known.
    weight : float array of shape (n_series,)
        One over the dispersion of each series.
    """

    factor: Floats
    shape: Floats
    weight: Floats


def comparable(demand: Floats) -> Bools:
    """Return which periods of each series can be compared: known ones without the first, if it has demand.

    Sales begin with the first unit sold, so that the first period holds at least one for no other reason.

    Examples
    --------
    >>> comparable(np.array([[np.nan, 2.0, 0.0], [0.0, 1.0, np.nan]])).tolist()
    [[False, False, True], [True, True, False]]
    """
    is_known = ~np.isnan(demand)
    first = is_known.argmax(axis=1)
    rows = np.arange(len(demand))
    is_known[rows, first] &= ~(demand[rows, first] > 0)
    return is_known


def shared_demand(demand: Floats, days: Floats) -> SharedDemand:
    """Estimate what all series have in common.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
        NaN where not known.
    days : float array of shape (n_periods,)
        Length of each period.

    Examples
    --------
    >>> shared_demand(np.outer([2.0, 4.0, 10.0], [1.0, 1.0, 2.0]), np.ones(3)).factor.round(3).tolist()
    [nan, 0.667, 1.333]
    """
    n_demands = (demand > 0).sum(axis=1)
    rows = np.sort(np.argsort(-n_demands, kind="stable")[:MAX_SERIES])
    common = common_factor(demand[rows], comparable(demand[rows]) * days)
    support = divide(common.weighted_expected, days)
    usual = float(np.median(support[support > 0])) if (support > 0).any() else 0.0
    factor = np.where(support > MIN_SUPPORT * usual, common.factor, np.nan)
    shape = np.nan_to_num(factor) * days
    blocks = [_weights(demand[start : start + MAX_SERIES], shape) for start in range(0, len(demand), MAX_SERIES)]
    return SharedDemand(factor=factor, shape=shape, weight=np.concatenate(blocks))


def _weights(demand: Floats, shape: Floats) -> Floats:
    is_known = comparable(demand)
    units = np.where(is_known, demand, 0)
    level = np.nan_to_num(divide(units.sum(axis=1), is_known @ shape))
    return dispersion_weights(units, level[:, None] * shape * is_known, is_known)
