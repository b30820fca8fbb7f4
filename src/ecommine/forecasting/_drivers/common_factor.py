r"""The movement that many series share: units of series i in period t are proportional to a level and a common factor.

With the exposure :math:`e_{it}`, such as the days on which a series could be bought,

.. math:: E[y_{it}] = m_i \, f_t \, e_{it}

is fitted by its own equations in turn, as in iterative proportional fitting (Deming and Stephan 1940). Series that vary
more than counts do have the weight of their dispersion, so that no large and noisy series makes the common factor.

References
----------
Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency table when the expected
marginal totals are known. Annals of Mathematical Statistics 11(4), 427-444. https://doi.org/10.1214/aoms/1177731829
"""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Bools, Floats, divide

_STEPS = 15
_LEAST_DISPERSION = 0.1
"""Of the median dispersion: a series without any variation does not make the common factor alone."""
MIN_OTHERS = 0.05
"""Share of the weight of all series that the others of a series must have to be compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFactor:
    """Levels of series and what they share.

    Attributes
    ----------
    factor : float array of shape (n_periods,)
        Of mean 1; NaN in a period without any exposure.
    level : float array of shape (n_series,)
        Units per exposure at a factor of 1.
    weight : float array of shape (n_series,)
        One over the dispersion.
    weighted_units, weighted_expected : float arrays of shape (n_periods,)
        Sums over series of weight times units, and of weight times level times exposure.
    """

    factor: Floats
    level: Floats
    weight: Floats
    weighted_units: Floats
    weighted_expected: Floats

    def of_others(self, units: Floats, exposure: Floats, rows: slice = slice(None)) -> Floats:
        """Return the factor as all series but the one show it, for a block of series; NaN where they hardly exist.

        Parameters
        ----------
        units, exposure : float arrays of shape (n_block, n_periods)
            Of the series in ``rows``.
        """
        weight, level = self.weight[rows, None], self.level[rows, None]
        left = self.weighted_expected - weight * level * exposure
        theirs = self.weighted_units - weight * np.where(exposure > 0, units, 0)
        return divide(theirs, np.where(left > MIN_OTHERS * self.weighted_expected, left, 0))


def common_factor(units: Floats, exposure: Floats) -> CommonFactor:
    """Fit levels and the factor that all series share.

    Parameters
    ----------
    units : float array of shape (n_series, n_periods)
        At least 0.
    exposure : float array of shape (n_series, n_periods)
        0 where nothing is known; units there are not looked at.

    Examples
    --------
    >>> shared = common_factor(np.outer([2.0, 4.0, 10.0], [1.0, 2.0]), np.ones((3, 2)))
    >>> shared.factor.round(3).tolist(), shared.level.round(3).tolist()
    ([0.667, 1.333], [3.0, 6.0, 15.0])
    """
    y = np.where(exposure > 0, units, 0.0)
    level, factor = _rate(y.sum(axis=1), exposure.sum(axis=1)), np.ones(units.shape[1])
    # The first weights are those beside a level that stays: a factor that follows one series has no error there.
    weight = dispersion_weights(y, exposure * level[:, None], exposure > 0)
    for step in range(_STEPS):
        if step in (3, 6, 9):
            weight = dispersion_weights(y, exposure * factor * level[:, None], exposure > 0)
        factor = _rate(weight @ y, weight @ (level[:, None] * exposure))
        mean = float(factor[factor > 0].mean()) if (factor > 0).any() else 1.0
        factor = factor / mean
        level = _rate(y.sum(axis=1), exposure @ factor)
    return CommonFactor(
        factor=np.where((exposure > 0).any(axis=0), factor, np.nan),
        level=level,
        weight=weight,
        weighted_units=weight @ y,
        weighted_expected=(weight * level) @ exposure,
    )


def _rate(units: Floats, exposure: Floats) -> Floats:
    return np.asarray(np.divide(units, exposure, out=np.zeros_like(units), where=exposure > 0))


def dispersion_weights(y: Floats, expected: Floats, is_known: Bools) -> Floats:
    """Return one over the dispersion of each series, its variance over its mean, that of all where it is not known.

    Parameters
    ----------
    y, expected : float arrays of shape (n_series, n_periods)
        Units, 0 where not known, and their expectation.
    is_known : bool array of shape (n_series, n_periods)

    Examples
    --------
    >>> y = np.array([[1.0, 3.0, 1.0, 3.0], [0.0, 4.0, 0.0, 4.0]])
    >>> dispersion_weights(y, np.full((2, 4), 2.0), np.ones((2, 4), dtype=bool)).round(3).tolist()
    [1.5, 0.375]
    """
    squares = np.divide((y - expected) ** 2, expected, out=np.zeros_like(y), where=expected > 0).sum(axis=1)
    dispersion = divide(squares, is_known.sum(axis=1) - 1.0)
    typical = float(np.nanmedian(dispersion)) if (dispersion > 0).any() else 1.0
    usual = np.where(np.isnan(dispersion), typical, dispersion)
    return np.asarray(1 / np.maximum(usual, max(_LEAST_DISPERSION * typical, 1e-9)))
