"""The required steps of a funnel as a chain of shares: what a comparison takes from each of the two results."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import Shares, cluster_quantile
from .._steps.table import StepEstimates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One of the two funnels."""

    steps: list[str]  # the required ones
    reached: Ints
    ratios: Floats  # from step to step, whose product is the conversion; NaN after a step that nobody reached
    step_shares: Shares  # the same with intervals; a ratio above 1, as of two curves of open windows, is 1 here
    correlation: Floats  # of the ratios; the identity unless windows are open or units are clustered
    conversion: Shares  # from the first step to the last, of shape (1,)

    @property
    def is_known(self) -> bool:
        """Whether anybody entered whose window is over."""
        return not np.isnan(self.conversion.estimate[0])


def make_side(estimates: StepEstimates, level: float) -> Side:
    """Return the chain of the required steps of a measured funnel."""
    n_clusters = np.inf if estimates.clusters is None else estimates.clusters
    z = cluster_quantile(level, estimates.clusters)
    chain = [index for index, is_optional in enumerate(estimates.optional) if not is_optional]
    conversion = estimates.column("conversion")[chain]
    reached, pending = (estimates.column(name)[chain].astype(np.int64) for name in ("reached", "pending"))
    covariance = estimates.covariance[np.ix_(chain, chain)]
    ratios, ratio_covariance = _step_ratios(conversion, covariance)
    n_decided = np.minimum(np.maximum(reached[1:], reached[:-1] - pending[1:]), n_clusters)
    n_closed = np.array([min(estimates.entrants - estimates.open, n_clusters)])
    share = np.minimum(ratios, 1.0)
    n_step = effective_sample_size(share, np.diag(ratio_covariance), n_decided)
    n_whole = effective_sample_size(conversion[-1:], covariance[-1:, -1], n_closed)
    return Side(
        steps=[row["step"] for row in estimates.required_rows],
        reached=reached,
        ratios=ratios,
        step_shares=Shares.of(share, n_step, z),
        correlation=_correlation(ratio_covariance, (share > 0) & (share < 1)),
        conversion=Shares.of(conversion[-1:], n_whole, z),
    )


def _step_ratios(share: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Compute the ratio of each share to the one before, and their covariance (delta method)."""
    n = len(share) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = share[1:] / share[:-1]
        slope = np.zeros((n, n + 1))
        index = np.arange(n)
        slope[index, index + 1], slope[index, index] = 1 / share[:-1], -ratios / share[:-1]
    slope[~np.isfinite(ratios)] = 0.0
    return ratios, slope @ covariance @ slope.T


def _correlation(covariance: Floats, varies: Bools) -> Floats:
    """Compute the correlations of the ratios that vary; others are uncorrelated."""
    deviation = np.where(varies, np.sqrt(np.maximum(np.diag(covariance), 0.0)), np.inf)  # rounding may be below 0
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance / np.outer(deviation, deviation)
    np.fill_diagonal(correlation, 1.0)
    return np.where(np.isfinite(correlation), correlation, 0.0)
