"""What each step adds to the difference of two conversions, with its limits.

The limits of a contribution are the least and the most that it can be while all conversions stay within the ellipse
through their Wilson limits. It is followed to the edge instead of along its first slope, since where few reach the last
step it depends on how many the other steps let through.
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats
from ..._stats.intervals import Interval
from ..._stats.shapley import split_product
from .sides import Side

N_SLOPES = 2
"""How often the slope is taken on the way to the edge; a third time changes nothing that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Chains:
    """The step conversions of both funnels, before in the first row: arrays of shape (2, n_steps)."""

    values: Floats
    below: Floats  # distances of the lower limits
    above: Floats  # distances of the upper limits
    unknown: Bools  # whether nobody reached the step before
    correlations: Floats  # shape (2, n_steps, n_steps)


def contributions(before: Side, after: Side) -> Interval:
    """Compute the contribution of each step with its limits.

    An unknown step conversion, after a step that nobody reached, is taken from the other funnel (1 if it is unknown in
    both), so that its contribution is 0, without limits.
    """
    sides = (before, after)
    if not all(side.is_known for side in sides):
        unknown = np.full(len(before.ratios), np.nan)
        return Interval(unknown, unknown, unknown)
    chains = _Chains(
        values=np.stack([side.ratios for side in sides]),
        below=np.stack([side.step_shares.below for side in sides]),
        above=np.stack([side.step_shares.above for side in sides]),
        unknown=np.stack([np.isnan(side.ratios) for side in sides]),
        correlations=np.stack([side.correlation for side in sides]),
    )
    parts, slopes = _parts(chains.values, chains.unknown)
    low, high = (
        np.array([_limit(chains, step, slopes[:, step], direction) for step in range(len(parts))])
        for direction in (-1.0, 1.0)
    )
    known = np.where(chains.unknown.any(axis=0), np.nan, 1.0)
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
        parts, slopes = _parts(edge, chains.unknown)
        slope = slopes[:, step]
        limits.append(direction * float(parts[step]))
    return direction * float(np.max(limits))  # the bend may be too strong for the second slope
