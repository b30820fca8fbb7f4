"""The table of a funnel: one row a step, of all units or of each group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._curves import Curve, Floats, covariance, curve_at, effective, wilson
from ._moves import SECOND, Ints
from ._reading import ordered
from ._walk import NEVER, Plan, Reach

INTERVALS = ("conversion", "step_conversion")
QUARTILES = {"seconds_p25": 0.25, "seconds_median": 0.5, "seconds_p75": 0.75}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a funnel says of some units.

    Attributes
    ----------
    rows : list of dict
        One row a step.
    entrants, open : int
        Units that entered, and those of them whose window is not over.
    trend : float or None
        The p-value of a difference in conversion between earlier and later entrants; None where there are too few.
    covariance : float array of shape (n_steps, n_steps)
        Of the conversions from the entry to each step; NaN while every window is open.
    optional : tuple of bool
        Which steps may be left out.
    """

    rows: list[dict[str, Any]]
    entrants: int
    open: int
    trend: float | None
    covariance: Floats
    optional: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Units that are measured together.

    Attributes
    ----------
    label : dict
        What names them, by column: a group, a period.
    reach : Reach
        How far each came.
    units : array, or None
        Ids, by the number of the unit; None where the numbers are the ids.
    visitor : int array, or None
        Whose each unit is; None where units are visitors.
    """

    label: dict[str, Any]
    reach: Reach
    units: "np.ndarray[Any, Any] | None"
    visitor: Ints | None

    @property
    def ids(self) -> "np.ndarray[Any, Any]":
        """The ids of the units that entered."""
        return self.reach.unit if self.units is None else self.units[self.reach.unit]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """All units and what they were measured by, kept for the table of units and for pictures.

    Attributes
    ----------
    whole : Part
        All units.
    plan : Plan
        The funnel in numbers.
    names : tuple of str
        The steps.
    until : int
        The moment up to which events count, microseconds.
    parts : list of Part
        The groups.
    """

    whole: Part
    plan: Plan
    names: tuple[str, ...]
    until: int
    parts: list[Part] = field(default_factory=list)


def measure(part: Part, seen: Seen, level: float) -> Measured:
    """Measure the units of one part."""
    from scipy.special import ndtri

    reach, plan, z = part.reach, seen.plan, float(ndtri((1 + level) / 2))
    n, seen_for = len(reach.unit), seen.until - reach.entry
    over = seen_for >= plan.window
    cluster = None if part.visitor is None else np.unique(part.visitor[reach.unit], return_inverse=True)[1]
    curves = [_curve(reach, place, seen_for, plan.window) for place in range(plan.n_steps)]
    there = reach.at != NEVER
    rows: list[dict[str, Any]] = []
    for place, step in enumerate(seen.names):
        here, before = there[:, place], there[:, plan.base(place)]
        stopped = before & ~here & (not plan.optional[place])  # who leaves out what may be left out is not lost by it
        row = {
            "step": step,
            "reached": int(here.sum()),
            **_shares(curves[place], curves[plan.base(place)] if place else None, cluster, over, before, z),
            "dropped": int((stopped & over).sum()),
            "immature": int((stopped & ~over).sum()),
            "skipped": int(reach.skipped[:, place].sum()),
            "naive_conversion": here.sum() / n if n else np.nan,
            **_times(reach.at[here, place] - reach.since[here, place]),
        }
        rows.append(row)
    known = covariance([curve.influence for curve in curves], cluster)
    return Measured(
        rows=rows,
        entrants=n,
        open=int((~over).sum()),
        trend=_trend(reach, over, plan.window),
        covariance=known if over.any() else np.full_like(known, np.nan),
        optional=plan.optional,
    )


def _curve(reach: Reach, place: int, seen_for: Ints, window: int) -> Curve:
    if not place:
        return Curve(share=1.0 if len(reach.unit) else 0.0, influence=np.zeros(len(reach.unit)))
    there = reach.at[:, place] != NEVER
    return curve_at(np.where(there, reach.at[:, place] - reach.entry, seen_for), there, window)


def _shares(now: Curve, last: Curve | None, cluster: Ints | None, over: Any, before: Any, z: float) -> dict[str, float]:
    """Return conversion from the entry and from the step before, with intervals; unknown while every window is open."""
    names = [f"{name}{end}" for name in INTERVALS for end in ("", "_low", "_high")]
    if not over.any():
        return dict.fromkeys(names, np.nan)
    if last is None:
        return dict.fromkeys(names, 1.0)
    n = effective(now.share, now.influence, cluster, float(over.sum()))
    found = [now.share, *wilson(now.share, n, z)]
    if last.share <= 0:
        return dict(zip(names, [*found, np.nan, np.nan, np.nan], strict=True))
    ratio = min(now.share / last.share, 1.0)
    influence = now.influence / last.share - now.share * last.influence / last.share**2
    n = effective(ratio, influence, cluster, float((over & before).sum()))
    return dict(zip(names, [*found, ratio, *wilson(ratio, n, z)], strict=True))


def _times(taken: Ints) -> dict[str, float]:
    if not len(taken):
        return dict.fromkeys(QUARTILES, np.nan)
    quartiles = np.quantile(taken / SECOND, list(QUARTILES.values()))
    return dict(zip(QUARTILES, quartiles.tolist(), strict=True))


def _trend(reach: Reach, over: Any, window: int) -> float | None:
    """Compare the earlier half of the entrants whose window is over with the later half.

    Only what they do within the window of the first entry counts, since the earlier ones had longer to come back.
    """
    from scipy.special import ndtr

    entry, last = reach.entry[over], reach.at[over, -1]
    bought = (last != NEVER) & (np.where(last != NEVER, last, 0) - entry <= window)
    if len(entry) < FEWEST:
        return None
    later = entry > np.median(entry)
    sizes = np.array([(~later).sum(), later.sum()])
    shares = np.array([bought[~later].mean(), bought[later].mean()]) if sizes.all() else np.zeros(2)
    pooled = bought.mean()
    error = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(sizes, 1)).sum())
    return float(2 * ndtr(-abs(shares[1] - shares[0]) / error)) if error > 0 and sizes.all() else None


FEWEST = 200
"""Entrants from which a trend is looked for."""


def unit_columns(part: Part, names: Sequence[str]) -> dict[str, Any]:
    """Write one row a unit: the deepest step, the first entry, the entry of the attempt, and when it came there."""
    reach, mine = part.reach, part.ids
    order = ordered(mine)
    labels = np.array(names, dtype=object)
    columns: dict[str, Any] = {
        "unit": mine[order],
        "deepest_step": labels[reach.deepest[order]],
        "first_entered_at": reach.entry[order].astype("datetime64[us]"),
    }
    for name, times in (("entered_at", reach.since), ("deepest_at", reach.at)):
        deepest = np.take_along_axis(times, reach.deepest[:, None], axis=1)[:, 0]
        columns[name] = deepest[order].astype("datetime64[us]")
    return columns


def merged(groups: Iterator[tuple[dict[str, Any], Measured]]) -> dict[str, list[Any]]:
    """Put the rows of all groups, each with what names it, one under the other."""
    columns: dict[str, list[Any]] = {}
    for label, found in groups:
        for row in found.rows:
            for name, value in {**label, **row}.items():
                columns.setdefault(name, []).append(value)
    return columns
