r"""Score tests of a margin between two shares, by Farrington and Manning.

The variance of :math:`p_t - p_c - \delta`, or of :math:`p_t - \varphi p_c`, is taken at the most likely shares that are
apart by just the margin. With the shares as observed, an arm without events has no variance, and passes for having had
few units; under the margin the events that it should have had count. The restricted share of the treatment is a root of
a cubic, for a ratio of a square. Over strata the variances of all are added up (Miettinen and Nurminen), and those of
clusters have the design effect that both arms show.

References
----------
Farrington, C. P. and Manning, G. (1990). Test statistics and sample size formulae for comparative binomial trials with
null hypothesis of non-zero risk difference or non-unity relative risk. Statistics in Medicine 9(12), 1447-1454.
https://doi.org/10.1002/sim.4780091208

Miettinen, O. and Nurminen, M. (1985). Comparative analysis of two rates. Statistics in Medicine 4(2), 213-226.
https://doi.org/10.1002/sim.4780040211
"""

import numpy as np

from ..._stats.arrays import Floats


def margin_score(
    n: Floats,
    shares: Floats,
    weights: Floats,
    *,
    sign: int,
    margin: float | None,
    relative_margin: float | None,
    design_effect: float = 1.0,
) -> float:
    """Compute by how many standard errors the treatment is on the good side of a margin.

    Parameters
    ----------
    n, shares : float array of shape (2, n_strata)
        Units and shares of control and treatment.
    weights : float array of shape (n_strata,)
        Weights of the strata, 1 together.
    sign : {1, -1}
        Whether more or less is better.
    margin, relative_margin : float or None
        How much worse is acceptable, as a difference or as a share of the control: one of them.
    design_effect : float
        How much larger than that of single units the variance is, where clusters were randomised.

    Returns
    -------
    float
        NaN for a relative margin of a control without events; infinite where no shares are apart by the margin.

    Examples
    --------
    >>> n, shares = np.array([[270.0], [30.0]]), np.array([[0.02], [0.0]])
    >>> round(margin_score(n, shares, np.ones(1), sign=-1, margin=0.02, relative_margin=None), 3)
    1.117
    >>> round(margin_score(n, shares, np.ones(1), sign=-1, margin=None, relative_margin=1.0), 3)
    1.114
    """
    control, treatment = (float(weights @ arm) for arm in shares)
    if relative_margin is not None:
        factor, difference = 1 - sign * relative_margin, 0.0
        if not control > 0:
            return float("nan")
        at_margin = [shares_at_ratio(*of_stratum, factor) for of_stratum in zip(n.T, shares.T, strict=True)]
    else:
        factor, difference = 1.0, -sign * (margin or 0.0)
        at_margin = [shares_at_difference(*of_stratum, difference) for of_stratum in zip(n.T, shares.T, strict=True)]
    restricted = np.array(at_margin)
    of_strata = (np.array([factor**2, 1.0]) * restricted * (1 - restricted) / n.T).sum(axis=1)
    units = n.sum(axis=0)
    # In strata of few units the most likely shares leave too little variance, by 1 / units of it.
    unbiased = units / (units - 1) if len(weights) > 1 else 1.0
    variance = design_effect * float((weights**2 * of_strata * unbiased).sum())
    gap = sign * (treatment - factor * control - difference)
    if variance > 0:
        return float(gap / np.sqrt(variance))
    return float(np.copysign(np.inf, gap)) if gap else float("nan")


def shares_at_difference(n: Floats, shares: Floats, difference: float) -> Floats:
    """Compute the most likely shares of control and treatment whose difference is given.

    Examples
    --------
    >>> shares_at_difference(np.array([100.0, 100.0]), np.array([0.4, 0.6]), 0.0).round(6).tolist()
    [0.5, 0.5]
    """
    if abs(difference) >= 1:
        return np.array([0.0, 1.0] if difference > 0 else [1.0, 0.0])
    (control, treatment), weight = shares.tolist(), float(n[0] / n[1])
    a = 1 + weight
    b = -(1 + weight + treatment + weight * control + difference * (weight + 2))
    c = difference**2 + difference * (2 * treatment + weight + 1) + treatment + weight * control
    d = -treatment * difference * (1 + difference)
    third = b / (3 * a)
    v = third**3 - b * c / (6 * a**2) + d / (2 * a)
    u = float(np.copysign(np.sqrt(max(third**2 - c / (3 * a), 0.0)), v))
    angle = (np.pi + np.arccos(np.clip(v / u**3, -1.0, 1.0))) / 3 if u else 0.0
    at_margin = 2 * u * np.cos(angle) - third
    at_margin = min(max(at_margin, difference, 0.0), 1 + min(difference, 0.0))  # without rounding
    return np.array([at_margin - difference, at_margin])


def shares_at_ratio(n: Floats, shares: Floats, factor: float) -> Floats:
    """Compute the most likely shares of control and treatment, where the latter is ``factor`` times the former.

    Examples
    --------
    >>> shares_at_ratio(np.array([100.0, 100.0]), np.array([0.4, 0.6]), 1.0).round(6).tolist()
    [0.5, 0.5]
    """
    events, total = n * shares, float(n.sum())
    a, b, c = factor * total, -(factor * (n[1] + events[0]) + n[0] + events[1]), float(events.sum())
    control = 2 * c / (-b + np.sqrt(max(float(b**2 - 4 * a * c), 0.0)))
    return np.array([control, factor * control]).clip(0.0, 1.0)
