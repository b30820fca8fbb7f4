"""What all series would do without promotions and price changes, also in periods in which all of them have these.

Where some series have a promotion and others do not, the others show what the period was like. Where all have it, or
there is one series only, its neighbouring periods do: level, days of the week and events.
"""

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, divide
from .event_effects import level_and_week
from .shared import shared_demand

MIN_WITHIN = 0.1
"""Part of the movement of prices that is not of all series at once, from which on series are compared in a period."""
LEVEL_PENALTY = 1.0
"""Weight of the roughness of the level."""


def plain_shape(demand: Floats, is_moved: Bools, days: Floats, weekday: Ints | None, event_factor: Floats) -> Floats:
    """Return what all series did in a period without what moved some of them, times its days; 0 where not known.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
    is_moved : bool array of the same shape
        Periods with a promotion.
    days : float array of shape (n_periods,)
    weekday : int array of shape (n_periods,) or None
    event_factor : float array of shape (n_periods,)
        What events put on a period.

    Returns
    -------
    float array of shape (n_periods,)
        The first period of all series is none to compare.

    Examples
    --------
    >>> demand = np.array([[10.0, 10, 10, 20, 10, 10, 20, 10, 10, 10]])
    >>> plain_shape(demand, demand > 10, np.ones(10), None, np.ones(10)).round(2).tolist()
    [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    factor = shared_demand(np.where(is_moved, np.nan, demand), days).factor
    is_known = factor > 0
    if not is_known.any():
        return np.zeros(len(days))
    base, roughness = level_and_week(days, weekday)
    log_factor = np.log(np.where(is_known, factor, 1.0) / event_factor)
    expected = np.exp(base @ _fitted(base[is_known], log_factor[is_known], roughness)) * event_factor
    is_hidden = np.isnan(factor) & is_moved.any(axis=0)
    first = int(np.flatnonzero(~np.isnan(demand).all(axis=0))[0])
    is_hidden[:first] = False
    return np.asarray(np.where(is_hidden, expected, np.nan_to_num(factor)) * days)


def shape_beside_prices(
    factor: Floats, log_price: Floats, is_used: Bools, days: Floats, weekday: Ints | None, event_factor: Floats
) -> Floats | None:
    """Return what all series did in a period beside their prices, None where prices of others stood still then.

    Where all prices move at once, demand of the period is theirs too: level, week and the prices' mean are fitted
    together.

    Parameters
    ----------
    factor : float array of shape (n_periods,)
        What all series have in common, prices in it.
    log_price : float array of shape (n_series, n_periods)
    is_used : bool array of the same shape
        Where price and demand are known and no promotion ran.
    days, weekday, event_factor
        As for `plain_shape`.
    """
    level = divide(np.where(is_used, log_price, 0).sum(axis=1), is_used.sum(axis=1))
    moved = np.where(is_used, log_price - np.nan_to_num(level)[:, None], 0)
    common = np.nan_to_num(divide(moved.sum(axis=0), is_used.sum(axis=0)))
    within = float((np.where(is_used, moved - common, 0) ** 2).sum())
    is_known = (factor > 0) & is_used.any(axis=0)
    if within > MIN_WITHIN * float((moved**2).sum()) or not is_known.any():
        return None
    base, roughness = level_and_week(days, weekday)
    x = np.column_stack([base, common])[is_known]
    fitted = _fitted(x, np.log(factor[is_known] / event_factor[is_known]), roughness)
    return np.asarray(np.where(factor > 0, np.exp(base @ fitted[:-1]) * event_factor, 0) * days)


def _fitted(x: Floats, y: Floats, roughness: Floats) -> Floats:
    """Return coefficients; where no period is known, the level goes on along a straight line."""
    penalty = np.zeros((x.shape[1], x.shape[1]))
    penalty[: len(roughness), : len(roughness)] = LEVEL_PENALTY * roughness
    return np.asarray(np.linalg.pinv(x.T @ x + penalty, hermitian=True) @ (x.T @ y))
