"""Comparison of candidates with the better baseline, paired by customer: sign flips of whole customers."""

from dataclasses import dataclass

import numpy as np

from .._core.arrays import Floats, Ints
from .._stats.arrays import sums_by_group
from .._stats.multiple_testing import Correction, adjust_p_values

FLIPS = 9_999
CELLS = 4_000_000
"""Signs that are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Differences of candidates from the baseline.

    Attributes
    ----------
    q_value : float array of shape (n_candidates,)
    verdict : list of str
        "better", "worse" or "unclear".
    """

    q_value: Floats
    verdict: list[str]


def sign_flip_p_values(sums: Floats, rng: np.random.Generator) -> Floats:
    """Return two-sided p-values of sums over customers, whose signs are as likely + as - where nothing differs.

    Parameters
    ----------
    sums : float array of shape (n_candidates, n_customers)
        Sum of the differences of each customer, over all windows and baskets: a customer is flipped as a whole.
    rng : Generator

    Returns
    -------
    float array of shape (n_candidates,)

    Examples
    --------
    >>> p = sign_flip_p_values(np.array([[1.0] * 20, [1.0, -1.0] * 10]), np.random.default_rng(0))
    >>> bool(p[0] < 0.001), float(p[1])
    (True, 1.0)
    """
    observed = np.abs(sums.sum(axis=1))
    tolerance = 1e-9 * np.abs(sums).sum(axis=1)
    count, step = np.ones(len(sums)), max(CELLS // max(sums.shape[1], 1), 1)
    for first in range(0, FLIPS, step):
        signs = rng.integers(0, 2, size=(sums.shape[1], min(step, FLIPS - first)), dtype=np.int8) * 2.0 - 1.0
        count += (np.abs(sums @ signs) >= (observed - tolerance)[:, None]).sum(axis=1)
    return np.asarray(count / (FLIPS + 1))


def compare(
    differences: list[Floats],
    unit: Ints,
    window: Ints,
    n_windows: int,
    correction: Correction | None,
    alpha: float,
    rng: np.random.Generator,
) -> Comparison:
    """Compare candidates, each by its differences from the baseline in the rows of customers and windows.

    A candidate is better where its q-value is below alpha and it is ahead in each window.
    """
    if not differences:
        return Comparison(q_value=np.zeros(0), verdict=[])
    codes = np.unique(unit, return_inverse=True)[1]
    n_units = int(codes.max(initial=-1)) + 1
    sums = np.array([sums_by_group(codes, one, n_units) for one in differences])
    q = adjust_p_values(sign_flip_p_values(sums, rng), correction)
    has = np.bincount(window, minlength=n_windows) > 0
    by_window = np.array([sums_by_group(window, one, n_windows) for one in differences])[:, has]
    ahead, behind = (by_window > 0).all(axis=1), (by_window < 0).all(axis=1)
    verdict = [
        "better" if value < alpha and up else "worse" if value < alpha and down else "unclear"
        for value, up, down in zip(q.tolist(), ahead.tolist(), behind.tolist(), strict=True)
    ]
    return Comparison(q_value=q, verdict=verdict)
