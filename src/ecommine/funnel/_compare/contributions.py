"""What each step adds to the difference of two conversions, and between which limits.

A part depends on the conversions of all steps of both funnels. Its limits are the least and the most that it can be
while the conversions together are as far away as their own limits allow: the ellipse through Wilson's limits, which
takes the place of that of standard errors in the delta method. The part is followed to the edge of the ellipse, not
along its first slope alone: where few come to the end, what one step is worth hangs on how many the others let through,
and the straight line would miss that.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._apart import Interval
from .._curves import Floats
from .._split import split
from .sides import Side

Bools = np.ndarray[Any, np.dtype[np.bool_]]
ROUNDS = 2
"""How often the slope is taken; a third time changes nothing that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """The conversions of both funnels, before in the first row, with their distances to their limits.

    Attributes
    ----------
    values, below, above : float array of shape (2, n_steps)
        The conversions, and how far the lower and the upper limit are away.
    unknown : bool array of shape (2, n_steps)
        Where nobody came to a step.
    correlations : float array of shape (2, n_steps, n_steps)
        Of the conversions of each funnel.
    """

    values: Floats
    below: Floats
    above: Floats
    unknown: Bools
    correlations: Floats


def contributions(before: Side, after: Side) -> Interval:
    """Return the part of each step with its limits.

    A step that nobody came to is as in the other funnel (in both: as if all went on), so that its part is zero, without
    limits of its own.
    """
    sides = (before, after)
    if not all(one.is_known for one in sides):
        unknown = np.full(len(before.ratio), np.nan)
        return unknown, unknown, unknown
    pair = _Pair(
        values=np.stack([one.ratio for one in sides]),
        below=np.stack([one.shares.below for one in sides]),
        above=np.stack([one.shares.above for one in sides]),
        unknown=np.stack([np.isnan(one.ratio) for one in sides]),
        correlations=np.stack([one.correlation for one in sides]),
    )
    parts, slopes = _parts(pair.values, pair.unknown)
    low, high = (
        np.array([_limit(pair, step, slopes[:, step], way) for step in range(len(parts))]) for way in (-1.0, 1.0)
    )
    known = np.where(pair.unknown.any(axis=0), np.nan, 1.0)
    return parts + 0.0, low * known, high * known


def _parts(values: Floats, unknown: Bools) -> tuple[Floats, Floats]:
    """Return the parts, and how each conversion of each funnel moves each of them: funnel, part, conversion.

    What is unknown is borrowed from the other funnel and moves with it.
    """
    found = split(*np.where(unknown, np.where(unknown[::-1], 1.0, values[::-1]), values))
    slopes = np.stack([found.by_before, found.by_after])
    lent = np.where(unknown[::-1, None], slopes[::-1], 0.0)
    return found.parts, np.where(unknown[:, None], 0.0, slopes + lent)


def _limit(pair: _Pair, step: int, slope: Floats, way: float) -> float:
    """Follow the part of one step to the edge of the ellipse, downwards (way -1) or upwards (1)."""
    found = []
    for _ in range(ROUNDS):
        reach = np.where(slope == 0, 0.0, np.where(way * slope > 0, pair.above, pair.below))
        pull = np.einsum("sij,sj->si", pair.correlations, reach * slope)
        length = np.sqrt(np.maximum((reach * slope * pull).sum(), 0.0))
        moved = pair.values if length == 0 else pair.values + way * reach * pull / length
        parts, slopes = _parts(moved, pair.unknown)
        slope = slopes[:, step]
        found.append(way * float(parts[step]))
    return way * float(np.max(found))  # the bend may be too strong for the second slope
