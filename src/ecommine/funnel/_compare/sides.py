"""The steps that a funnel demands, as a chain of shares: what a comparison takes from each of the two results."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._apart import Shares
from .._curves import Floats, effective_of
from .._steps.table import Measured, quantile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One of two funnels.

    Attributes
    ----------
    steps : list of str
        The steps that must be taken.
    reached : int array of shape (n_steps,)
        Units that reached them.
    ratio : float array of shape (n_steps - 1,)
        Conversions from step to step, whose product is the conversion; NaN after a step that nobody reached.
    shares : Shares of shape (n_steps - 1,)
        The same with intervals; where windows are open, a ratio of two curves may be a little above one, and is one.
    correlation : float array of shape (n_steps - 1, n_steps - 1)
        Of the ratios, one apart from the diagonal only where windows are open or units belong together.
    whole : Shares of shape (1,)
        Conversion from the first step to the last.
    """

    steps: list[str]
    reached: "np.ndarray[Any, np.dtype[np.int64]]"
    ratio: Floats
    shares: Shares
    correlation: Floats
    whole: Shares

    @property
    def is_known(self) -> bool:
        """Whether anybody entered whose window is over."""
        return not np.isnan(self.whole.value[0])


def side(found: Measured, level: float) -> Side:
    """Take the chain of the steps that must be taken from what was measured."""
    z, most = quantile(level, found.clusters), np.inf if found.clusters is None else found.clusters
    chain = [place for place, is_optional in enumerate(found.optional) if not is_optional]
    rows = [found.rows[place] for place in chain]
    share = np.array([row["conversion"] for row in rows])
    reached, immature = (np.array([row[name] for row in rows], dtype=np.int64) for name in ("reached", "immature"))
    covariance = found.covariance[np.ix_(chain, chain)]
    ratio, of_ratios = _ratios(share, covariance)
    decided = np.minimum(np.maximum(reached[1:], reached[:-1] - immature[1:]), most)
    over = np.array([min(found.entrants - found.open, most)])
    value = np.minimum(ratio, 1.0)
    return Side(
        steps=[row["step"] for row in rows],
        reached=reached,
        ratio=ratio,
        shares=Shares.of(value, effective_of(value, np.diag(of_ratios), decided), z),
        correlation=_correlation(of_ratios, (value > 0) & (value < 1)),
        whole=Shares.of(share[-1:], effective_of(share[-1:], covariance[-1:, -1], over), z),
    )


def _ratios(share: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return the ratio of each share to the one before, and their covariance (delta method)."""
    n = len(share) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = share[1:] / share[:-1]
        slope = np.zeros((n, n + 1))
        place = np.arange(n)
        slope[place, place + 1], slope[place, place] = 1 / share[:-1], -ratio / share[:-1]
    is_known = np.isfinite(ratio)
    slope[~is_known] = 0.0
    return ratio, slope @ covariance @ slope.T


def _correlation(covariance: Floats, varies: "np.ndarray[Any, np.dtype[np.bool_]]") -> Floats:
    """Return the correlations of what varies; all else is only like itself."""
    deviation = np.where(varies, np.sqrt(np.maximum(np.diag(covariance), 0.0)), np.inf)  # rounding may be below 0
    with np.errstate(divide="ignore", invalid="ignore"):
        found = covariance / np.outer(deviation, deviation)
    np.fill_diagonal(found, 1.0)
    return np.where(np.isfinite(found), found, 0.0)
