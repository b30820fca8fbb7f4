"""Many tests at once: q-values in a family that is larger than what was mined."""

from typing import Any, Literal

import numpy as np

from ._output.measures import Floats

Correction = Literal["bh", "holm", "bonferroni"]
CORRECTIONS = ("bh", "holm", "bonferroni", None)


def q_values(p: Floats, family: int, correction: Correction | None) -> Floats:
    """Correct p-values for ``family`` hypotheses, of which those not given have p = 1.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57(1), 289-300.

    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian J. of Statistics 6, 65-70.

    Examples
    --------
    >>> q_values(np.array([0.01, 0.04]), 4, "bh").tolist()
    [0.04, 0.08]
    """
    if correction is None or not len(p):
        return p
    m = max(family, len(p))
    if correction == "bonferroni":
        return np.minimum(p * m, 1.0)
    order = np.argsort(p, kind="stable")
    place = np.arange(1, len(p) + 1)
    if correction == "bh":
        steps = np.minimum.accumulate((p[order] * m / place)[::-1])[::-1]
    else:
        steps = np.maximum.accumulate(p[order] * (m - place + 1))
    q: np.ndarray[Any, np.dtype[np.float64]] = np.empty(len(p))
    q[order] = np.minimum(steps, 1.0)
    return q
