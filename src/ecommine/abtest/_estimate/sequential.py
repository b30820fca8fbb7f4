r"""Tests that may be looked at any day: asymptotic confidence sequences and the sequential test of counts.

With n observations, an estimate whose z-value is z, and the tuning :math:`\rho`, the confidence sequence at level
:math:`1 - \alpha` holds all values whose z-value is at most

.. math:: b(n) = \sqrt{\frac{2 (n \rho^2 + 1)}{n \rho^2} \log \frac{\sqrt{n \rho^2 + 1}}{\alpha}}, \qquad
    \rho^2 = \frac{-2 \log \alpha + \log(1 - 2 \log \alpha)}{n_*}

so that it covers the truth at all n at once; :math:`n_*` is the n at which it is to be narrowest. Solved for
:math:`\alpha` at a fixed :math:`\rho` it is a p-value that is valid at every n.

Counts :math:`n_i` of a multinomial with the shares :math:`\theta_i` are tested by the Bayes factor of a Dirichlet prior
around them, whose inverse is such a p-value too.

References
----------
Waudby-Smith, I., Arbour, D., Sinha, R., Kennedy, E. H. and Ramdas, A. (2024). Time-uniform central limit theory and
asymptotic confidence sequences. Annals of Statistics 52(6), 2613-2640. https://doi.org/10.1214/24-AOS2408

Lindon, M. and Malek, A. (2022). Anytime-valid inference for multinomial count data. Advances in Neural Information
Processing Systems 35. https://arxiv.org/abs/2011.03567

Armitage, P., McPherson, C. K. and Rowe, B. C. (1969). Repeated significance tests on accumulating data. Journal of the
Royal Statistical Society A 132(2), 235-244. https://doi.org/10.2307/2343787
"""

from typing import Any

import numpy as np

from ..._stats.arrays import Floats

CONCENTRATION = 10_000.0
"""Of the prior of counts: it trusts the shares as much as this many observations would."""
_NODES = 120
"""Nodes of the numerical integration between the limits of one look."""


def tuning(alpha: float, planned: float) -> float:
    r"""Compute :math:`\rho^2` of the confidence sequence that is narrowest at ``planned`` observations.

    Examples
    --------
    >>> round(tuning(0.05, 1000), 6)
    0.007936
    """
    log = -2 * np.log(alpha)
    return float((log + np.log1p(log)) / planned)


def boundary(n: Any, alpha: float, planned: float, *, tuned_alpha: float | None = None) -> Floats:
    """Compute the half-width of the confidence sequence in standard errors.

    Parameters
    ----------
    n : float or array
        Observations so far, above 0.
    alpha : float
        One less the level.
    planned : float
        Observations at which the sequence is narrowest.
    tuned_alpha : float, optional
        The alpha for which it is narrowest there, where that is another one.

    Examples
    --------
    >>> boundary(np.array([100.0, 1000.0]), 0.05, 1000).round(3).tolist()
    [3.855, 3.035]
    """
    scaled = np.asarray(n, dtype=np.float64) * tuning(tuned_alpha or alpha, planned)
    return np.asarray(np.sqrt(2 * (scaled + 1) / scaled * np.log(np.sqrt(scaled + 1) / alpha)))


def sequential_p_values(z: Any, n: Any, alpha: float, planned: float) -> Floats:
    """Compute two-sided p-values that are valid at every n; below ``alpha`` exactly where the sequence excludes 0.

    Examples
    --------
    >>> sequential_p_values(np.array([3.0374, 0.0]), 1000.0, 0.05, 1000).round(3).tolist()
    [0.05, 1.0]
    """
    scaled = np.asarray(n, dtype=np.float64) * tuning(alpha, planned)
    exponent = np.square(z) * scaled / (2 * (scaled + 1))
    return np.asarray(np.minimum(np.sqrt(scaled + 1) * np.exp(-exponent), 1.0))


def crossing_probability(drift: float, alpha: float, looks: int, *, tuned_alpha: float | None = None) -> float:
    """Compute the chance that the confidence sequence excludes 0 at one of equally spaced looks.

    Parameters
    ----------
    drift : float
        Expected z-value at the last look, which is at the planned number of observations.
    alpha : float
        One less the level.
    looks : int
        Number of looks.
    tuned_alpha : float, optional
        As for :func:`boundary`.

    Returns
    -------
    float
        By numerical integration from look to look (Armitage, McPherson and Rowe 1969).

    Examples
    --------
    >>> round(crossing_probability(2.8016, 0.05, 60), 2), round(crossing_probability(3.653, 0.05, 60), 2)
    (0.51, 0.8)
    """
    times = np.arange(1, looks + 1) / looks
    limits = boundary(times, alpha, 1.0, tuned_alpha=tuned_alpha) * np.sqrt(times)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    step = 1 / looks
    at, mass = np.zeros(1), np.ones(1)  # where the sum is before the first look, and with which chance
    for limit in limits:
        next_at = nodes * limit
        gaps = next_at[:, None] - at[None, :] - drift * step
        density = np.exp(-(gaps**2) / (2 * step)) @ mass / np.sqrt(2 * np.pi * step)
        at, mass = next_at, density * weights * limit
    return float(1 - mass.sum())


def drift_for_power(power: float, alpha: float, looks: int, *, tuned_alpha: float | None = None) -> float:
    """Compute the expected z-value at the last look that gives the confidence sequence this power.

    Examples
    --------
    >>> round(drift_for_power(0.8, 0.05, 60), 2)
    3.64
    """
    from scipy.optimize import brentq

    def lacking(drift: float) -> float:
        return crossing_probability(drift, alpha, looks, tuned_alpha=tuned_alpha) - power

    return float(brentq(lacking, 0.0, 20.0, xtol=1e-6))


def sequential_counts_p_value(counts: Floats, shares: Floats, *, concentration: float = CONCENTRATION) -> float:
    """Compute the p-value, valid at every look, that counts come from these shares.

    Parameters
    ----------
    counts, shares : float array of shape (n_categories,)
        Counts so far; shares above 0 that add up to 1.
    concentration : float
        Of the Dirichlet prior, whose mean are the shares.

    Examples
    --------
    >>> p = sequential_counts_p_value(np.array([821_588.0, 815_482.0]), np.array([0.5, 0.5]))
    >>> float(f"{p:.4e}")
    0.00015595
    """
    from scipy.special import gammaln

    prior, total = concentration * shares, counts.sum()
    log_factor = gammaln(concentration) - gammaln(concentration + total)
    log_factor += (gammaln(prior + counts) - gammaln(prior)).sum() - (counts * np.log(shares)).sum()
    return float(np.exp(min(-log_factor, 0.0)))
