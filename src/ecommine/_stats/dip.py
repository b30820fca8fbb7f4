r"""Hartigan's dip test: whether values have more than one mode.

The dip is the largest distance between the distribution of the values and the unimodal distribution nearest to it. A
distribution is unimodal where it is convex up to its mode and concave from there on; so the distance follows from the
greatest convex minorant and the least concave majorant of the values (Hartigan and Hartigan 1985, section 3).

The values of a uniform distribution, the least favourable unimodal one, give the quantiles; they were simulated by
``tools/simulate_dip.py``. As :math:`\sqrt{n}` times the dip has a limit, they are interpolated between numbers of
values and stay from the largest one on.

References
----------
Hartigan, J. A. and Hartigan, P. M. (1985). The dip test of unimodality. Annals of Statistics 13(1), 70-84.
https://doi.org/10.1214/aos/1176346577

Hartigan, P. M. (1985). Algorithm AS 217: Computation of the dip statistic to test for unimodality. Applied Statistics
34(3), 320-325. https://doi.org/10.2307/2347485
"""

import numpy as np

from .arrays import Floats, Ints

MIN_VALUES = 4
"""Values below which every distribution is as good as unimodal."""
TAILS = (0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002)
"""Chances of a larger dip."""
QUANTILES: dict[int, tuple[float, ...]] = {
    50: (0.2672, 0.3455, 0.4159, 0.4596, 0.4972, 0.5421, 0.5753, 0.6052, 0.6363, 0.6636, 0.6864, 0.7091),
    200: (0.2793, 0.3614, 0.4345, 0.4796, 0.5199, 0.5687, 0.6006, 0.6308, 0.6676, 0.7030, 0.7335, 0.7662),
    1000: (0.2870, 0.3713, 0.4463, 0.4917, 0.5332, 0.5839, 0.6176, 0.6537, 0.6932, 0.7207, 0.7421, 0.7735),
    5000: (0.2912, 0.3757, 0.4515, 0.4992, 0.5426, 0.5897, 0.6264, 0.6574, 0.6978, 0.7269, 0.7663, 0.7872),
    20000: (0.2936, 0.3787, 0.4548, 0.5016, 0.5420, 0.5911, 0.6244, 0.6608, 0.7056, 0.7312, 0.7603, 0.7939),
}
"""The square root of the number of uniform values times the dip that is exceeded with each of these chances."""


def dip(values: Floats) -> float:
    """Return the dip of some values: between 1 / (2 n) and 1/4, and 0 for less than two distinct ones.

    Examples
    --------
    >>> dip(np.array([1.0, 2.0, 3.0, 4.0])), round(dip(np.array([0.0, 0.01, 0.02, 1.0, 1.01, 1.02])), 3)
    (0.125, 0.245)
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) < 2:
        return 0.0
    above = np.cumsum(counts).astype(np.float64)
    return _dip_of_steps(distinct, above - counts, above) / (2 * len(values))


def _dip_of_steps(x: Floats, below: Floats, above: Floats) -> float:
    """Return twice the dip in numbers of values, from the values below each distinct one and up to it."""
    low, high, dip_so_far = 0, len(x) - 1, 1.0
    while True:
        part = slice(low, high + 1)
        convex = convex_minorant(x[part], below[part])
        concave = convex_minorant(x[part], -above[part])  # turned over, a concave majorant is a convex minorant
        minorant = np.interp(x[part], x[part][convex], below[part][convex])
        majorant = np.interp(x[part], x[part][concave], above[part][concave])
        left, right, gap = _modal_interval(convex, concave, majorant - minorant)
        if gap <= dip_so_far:
            return float(dip_so_far)
        at_left = (above[part] - minorant)[: left + 1]
        at_right = (majorant - below[part])[right:]
        dip_so_far = max(dip_so_far, float(at_left.max()), float(at_right.max()))
        if right - left == high - low:
            return float(dip_so_far)
        low, high = low + left, low + right


def _modal_interval(convex: Ints, concave: Ints, gap: Floats) -> tuple[int, int, float]:
    """Return the interval around the largest gap: between the last touching of one side and the next of the other."""
    of_convex, of_concave = gap[convex], gap[concave]
    if of_convex.max() > of_concave.max():
        left = int(convex[of_convex.argmax()])
        right = int(concave[np.searchsorted(concave, left)])
        return left, right, float(of_convex.max())
    right = int(concave[of_concave.argmax()])
    left = int(convex[np.searchsorted(convex, right, side="right") - 1])
    return left, right, float(of_concave.max())


def convex_minorant(x: Floats, y: Floats) -> Ints:
    """Return the points where the greatest convex function below some points touches them, x ascending.

    Examples
    --------
    >>> convex_minorant(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 1.0, 3.0])).tolist()
    [0, 2, 3]
    """
    touching = np.empty(len(x), dtype=np.int64)
    n = 0
    for i in range(len(x)):
        while n > 1:
            a, b = touching[n - 2], touching[n - 1]
            if (y[b] - y[a]) * (x[i] - x[b]) < (y[i] - y[b]) * (x[b] - x[a]):
                break
            n -= 1
        touching[n] = i
        n += 1
    return touching[:n]


def dip_p_value(statistic: float, n: int) -> float:
    """Return the chance that uniform values have a larger dip; not below the least one that was simulated.

    Examples
    --------
    >>> dip_p_value(0.01, 1_000) > 0.5, round(dip_p_value(0.05, 1_000), 4)
    (True, 0.0002)
    """
    if n < MIN_VALUES:
        return 1.0
    sizes = np.array(list(QUANTILES))
    table = np.array(list(QUANTILES.values()))
    at = np.log(np.clip(n, sizes[0], sizes[-1]))
    quantiles = np.array([np.interp(at, np.log(sizes), column) for column in table.T])
    scaled = statistic * np.sqrt(n)
    if scaled <= quantiles[0]:
        return float(1.0 - (1.0 - TAILS[0]) * scaled / quantiles[0])
    return float(np.exp(np.interp(scaled, quantiles, np.log(TAILS))))
