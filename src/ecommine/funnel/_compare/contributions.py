"""The required steps of two funnels as chains of shares, and what each step adds to the difference, with its limits.

The limits of a contribution are the least and the most that it can be while all conversions stay within the ellipse
through their Wilson limits. It is followed to the edge instead of along its first slope, since where few reach the last
step it depends on how many the other steps let through.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import Interval, Shares, cluster_quantile
from ..._stats.shapley import split_product
from .._steps.table import StepEstimates

N_SLOPES = 2
"""How often the slope is taken on the way to the edge; a third time changes nothing that can be seen."""


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


class _Chains(NamedTuple):
    """The step conversions of both funnels with the distances of their limits, and their correlations, before first."""

    values: Floats
    below: Floats
    above: Floats
    correlations: Floats


def contributions(before: Side, after: Side) -> Interval:
    """Compute the contribution of each step with its limits.

    An unknown step conversion, after a step that nobody reached, is taken from the other funnel (1 if it is unknown in
    both), so that its contribution is 0, without limits.
    """
    sides = (before, after)
    if not all(side.is_known for side in sides):
        return Interval(*np.full((3, len(before.ratios)), np.nan))
    parts_of_chains = (
        (side.ratios, side.step_shares.below, side.step_shares.above, side.correlation) for side in sides
    )
    chains = _Chains(*(np.stack(pair) for pair in zip(*parts_of_chains, strict=True)))
    unknown = np.isnan(chains.values)
    parts, slopes = _parts(chains.values, unknown)
    low, high = (
        np.array([_limit(chains, step, slopes[:, step], direction) for step in range(len(parts))])
        for direction in (-1.0, 1.0)
    )
    known = np.where(unknown.any(axis=0), np.nan, 1.0)
    return Interval(parts + 0.0, low * known, high * known)


def _parts(values: Floats, unknown: Bools) -> tuple[Floats, Floats]:
    """Compute the contributions, and their derivatives of shape (funnel, contribution, step conversion).

    An unknown step conversion is that of the other funnel, and moves with it.
    """
    product_split = split_product(*np.where(unknown, np.where(unknown[::-1], 1.0, values[::-1]), values))
    slopes = np.stack([product_split.by_before, product_split.by_after])
    from_other = np.where(unknown[::-1, None], slopes[::-1], 0.0)
    return product_split.parts, np.where(unknown[:, None], 0.0, slopes + from_other)


def _limit(chains: _Chains, step: int, slope: Floats, direction: float) -> float:
    """Follow the contribution of one step to the edge of the ellipse, downwards (-1) or upwards (1)."""
    limits = []
    for _ in range(N_SLOPES):
        distance = np.where(slope == 0, 0.0, np.where(direction * slope > 0, chains.above, chains.below))
        pull = np.einsum("sij,sj->si", chains.correlations, distance * slope)
        length = np.sqrt(np.maximum((distance * slope * pull).sum(), 0.0))
        edge = chains.values if length == 0 else chains.values + direction * distance * pull / length
        parts, slopes = _parts(edge, np.isnan(chains.values))
        slope = slopes[:, step]
        limits.append(direction * float(parts[step]))
    return direction * float(np.max(limits))  # the bend may be too strong for the second slope
