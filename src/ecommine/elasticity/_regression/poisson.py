r"""Units as counts: Poisson pseudo-likelihood, for products that sell few units or none in a period.

A logarithm drops periods without a sale, and these are the ones with a high price: at 1.5 units per period an
elasticity of -2 would come out near -.8. The pseudo-likelihood of Silva and Tenreyro keeps them; it needs only that
the mean is :math:`\mu_r = \exp(a_s + x_r' b_g + d_t)`. It is solved by reweighted least squares on the rows

.. math:: \sqrt{\mu_r} \left(\log \mu_r + \frac{y_r - \mu_r}{\mu_r} \right)

whose errors have the variance of the dispersion, so that the same transformation as for logarithms takes serial
correlation out of them (generalised estimating equations with a working correlation).

References
----------
Silva, J. M. C. S. and Tenreyro, S. (2006). The log of gravity. Review of Economics and Statistics 88(4), 641-658.
https://doi.org/10.1162/rest.88.4.641
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..._core.arrays import Floats
from .least_squares import Design, Solution, solve

MAX_ROUNDS = 60
"""Rounds of reweighting; five to ten are usual."""
TOLERANCE = 1e-9
"""Largest change of the logarithm of a mean at which the rounds end."""
LARGEST_STEP = 5.0
"""Of the logarithm of a mean in one round."""


def solve_poisson(design: Design, transform: Callable[[Design], Design] | None = None) -> tuple[Solution, Design]:
    """Solve by reweighted least squares.

    Parameters
    ----------
    design : Design
        Whose ``y`` are units.
    transform : callable, optional
        Of the weighted rows, as to take serial correlation out of them.

    Returns
    -------
    Solution, Design
        Of the last round: rows are weighted, residuals are Pearson's.
    """
    log_mean = np.log(_start(design))
    for _ in range(MAX_ROUNDS):
        weighted = _weighted(design, log_mean)
        solution = solve(weighted if transform is None else transform(weighted))
        fitted = _linear_predictor(design, weighted, solution)
        step = np.clip(fitted - log_mean, -LARGEST_STEP, LARGEST_STEP)
        log_mean = log_mean + step
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    return solution, weighted if transform is None else transform(weighted)


def _start(design: Design) -> Floats:
    """Return first means: units drawn to the mean of their series."""
    n = design.series_runs.rows()
    mean = design.series_runs.sums(design.y) / np.maximum(n, 1)
    return np.maximum((design.y + design.series_runs.repeat(mean)) / 2, 1e-6)


def _weighted(design: Design, log_mean: Floats) -> Design:
    mean = np.exp(log_mean)
    root = np.sqrt(mean)
    return replace(
        design,
        y=root * (log_mean + (design.y - mean) / mean),
        ones=design.ones * root,
        columns=design.columns * root,
        periods=None if design.periods is None else design.periods.weighted(root),
    )


def _linear_predictor(design: Design, weighted: Design, solution: Solution) -> Floats:
    """Return the logarithm of the fitted means, with the intercepts that the weighted rows give."""
    slopes = np.nan_to_num(solution.slopes)[design.group]
    part = np.einsum("kr,rk->r", design.columns, slopes)
    if design.periods is not None and solution.effects is not None:
        part = part + design.periods.combine(solution.effects)
    working = weighted.y / weighted.ones
    weight = weighted.ones**2
    total = design.series_runs.sums(weight * (working - part))
    intercept = total / np.maximum(design.series_runs.sums(weight), 1e-300)
    return np.asarray(part + design.series_runs.repeat(intercept), dtype=np.float64)
