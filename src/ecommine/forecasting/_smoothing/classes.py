r"""Classes of demand: smooth, erratic, intermittent or lumpy; new, active or ended; and the stock that does not sell.

With the periods :math:`n` of a series in which it could be bought, :math:`k` of them with demand of sizes :math:`z`,

.. math:: ADI = \frac{n}{k}, \qquad CV^2 = \frac{\operatorname{var}(z)}{\operatorname{mean}(z)^2}

where the variance is that of the population. A series has ended where the time since its last demand is too long for
its own rate. If the :math:`k` periods with demand lay anywhere among all :math:`n`, the chance that the last
:math:`g` hold none is :math:`\binom{n - g}{k} / \binom{n}{k}`: exact, whatever the rate.

References
----------
Syntetos, A. A. and Boylan, J. E. (2005). The accuracy of intermittent demand estimates. International Journal of
Forecasting 21(2), 303-314. https://doi.org/10.1016/j.ijforecast.2004.10.001

Syntetos, A. A., Boylan, J. E. and Croston, J. D. (2005). On the categorization of demand patterns. Journal of the
Operational Research Society 56(5), 495-503. https://doi.org/10.1057/palgrave.jors.2601841
"""

from dataclasses import dataclass, fields

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, divide

_BLOCK = 5_000
"""Series that are looked at together: memory stays small."""
PATTERNS = ("smooth", "erratic", "intermittent", "lumpy")
LIFECYCLES = ("new", "active", "ended")
MAX_ADI_OF_SMOOTH = 1.32
MAX_CV2_OF_SMOOTH = 0.49
MIN_PERIODS = 6
"""Periods, stocked ones only, from which on a series is no longer new."""
MAX_P_OF_ENDED = 0.01
HALF_LIFE_DAYS = 90.0
"""Age at which demand counts half in the rate at which stock sells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandClasses:
    """What kind of demand each series has.

    Attributes
    ----------
    pattern : int array of shape (n_series,)
        Position in `PATTERNS`; -1 without any demand.
    lifecycle : int array of shape (n_series,)
        Position in `LIFECYCLES`.
    n_periods, n_demands : int arrays of shape (n_series,)
        Periods in which the series could be bought, and those of them with demand.
    adi, cv2 : float arrays of shape (n_series,)
        Average inter-demand interval (periods) and squared coefficient of variation of the demands; NaN without any.
    gap : int array of shape (n_series,)
        Periods, stocked ones only, since the last demand; all of them where there was none.
    gap_p : float array of shape (n_series,)
        Chance of such a gap at the series' own rate; NaN without any demand.
    """

    pattern: Ints
    lifecycle: Ints
    n_periods: Ints
    n_demands: Ints
    adi: Floats
    cv2: Floats
    gap: Ints
    gap_p: Floats


def classify_demand(demand: Floats) -> DemandClasses:
    """Classify series of demand.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
        Units, NaN where it is not known: such periods do not count.

    Examples
    --------
    >>> classes = classify_demand(np.array([[3.0, 4.0, 3.0, 4.0, 3.0, 4.0], [0.0, 0.0, 9.0, 0.0, 0.0, 1.0]]))
    >>> [PATTERNS[i] for i in classes.pattern], classes.adi.tolist(), classes.cv2.round(2).tolist()
    (['smooth', 'lumpy'], [1.0, 3.0], [0.02, 0.64])
    """
    blocks = [_classified(demand[first : first + _BLOCK]) for first in range(0, max(len(demand), 1), _BLOCK)]
    names = [field.name for field in fields(DemandClasses)]
    return DemandClasses(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in names})


def _classified(demand: Floats) -> DemandClasses:
    is_known, has_demand = ~np.isnan(demand), demand > 0
    n_periods, n_demands = is_known.sum(axis=1), has_demand.sum(axis=1)
    total = np.where(has_demand, demand, 0).sum(axis=1)
    mean = np.divide(total, n_demands, out=np.full(len(demand), np.nan), where=n_demands > 0)
    deviation = np.where(has_demand, demand - mean[:, None], 0)
    cv2 = np.divide((deviation**2).sum(axis=1), n_demands * mean**2, out=np.full_like(mean, np.nan), where=mean > 0)
    adi = np.divide(n_periods, n_demands, out=np.full_like(mean, np.nan), where=n_demands > 0)
    gap = (is_known & ~_later_demand(has_demand)).sum(axis=1)
    gap_p = np.where(n_demands > 0, _chance_of_gap(n_periods, n_demands, gap), np.nan)
    return DemandClasses(
        pattern=np.where(n_demands > 0, 2 * (adi > MAX_ADI_OF_SMOOTH) + (cv2 > MAX_CV2_OF_SMOOTH), -1),
        lifecycle=_lifecycles(n_periods, n_demands, gap_p),
        n_periods=n_periods,
        n_demands=n_demands,
        adi=adi,
        cv2=cv2,
        gap=gap,
        gap_p=gap_p,
    )


def selling_rate(demand: Floats, days: Floats) -> Floats:
    """Return the units per day at which series sell now: of known periods, older ones count less.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
    days : float array of shape (n_periods,)
        Length of each period.

    Returns
    -------
    float array of shape (n_series,)
        NaN where nothing is known.

    Examples
    --------
    >>> selling_rate(np.array([[70.0, np.nan], [0.0, 7.0]]), np.array([7.0, 7.0])).round(2).tolist()
    [10.0, 0.51]
    """
    age = np.append(np.cumsum(days[::-1])[::-1][1:], 0.0)
    weight = np.where(np.isnan(demand), 0.0, 0.5 ** (age / HALF_LIFE_DAYS))
    units, time = (weight * np.nan_to_num(demand)).sum(axis=1), (weight * days).sum(axis=1)
    return np.asarray(np.divide(units, time, out=np.full(len(demand), np.nan), where=time > 0))


def recent_totals(demand: Floats, n_steps: int) -> Floats:
    """Return the demand of as many last periods, of the known ones where not all are known.

    Examples
    --------
    >>> recent_totals(np.array([[1.0, 2.0, np.nan, 4.0]]), 2).tolist()
    [8.0]
    """
    last = demand[:, -n_steps:]
    is_known = ~np.isnan(last)
    units = np.where(is_known, last, 0).sum(axis=1) * min(n_steps, demand.shape[1])
    return divide(units, is_known.sum(axis=1))


def _later_demand(has_demand: Bools) -> Bools:
    """Return which periods have demand in themselves or later."""
    return np.logical_or.accumulate(has_demand[:, ::-1], axis=1)[:, ::-1]


def _chance_of_gap(n_periods: Ints, n_demands: Ints, gap: Ints) -> Floats:
    """Return the chance that k periods drawn from n without order are none of the last g."""
    from scipy.special import gammaln

    n, k, g = (values.astype(np.float64) for values in (n_periods, n_demands, np.where(n_demands > 0, gap, 0)))
    log_chance = gammaln(n - g + 1) - gammaln(n - g - k + 1) - gammaln(n + 1) + gammaln(n - k + 1)
    return np.asarray(np.exp(np.minimum(log_chance, 0.0)))


def _lifecycles(n_periods: Ints, n_demands: Ints, gap_p: Floats) -> Ints:
    is_new = n_periods < MIN_PERIODS
    is_ended = (n_demands == 0) | (gap_p < MAX_P_OF_ENDED)
    return np.where(is_new, 0, np.where(is_ended, 2, 1))
