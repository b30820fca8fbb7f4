"""The table of a funnel: one row a step, of all units or of each group."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._curves import Curve, Floats, covariance, curve_at, effective, wilson
from ._definition import Funnel
from ._reading import Ints
from ._walk import NEVER, SECOND, Reach

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


def measure(reach: Reach, funnel: Funnel, visitor: Ints | None, until: int, level: float) -> Measured:
    """Measure the units of one group.

    ``visitor`` tells whose each unit is, None where units are visitors; ``until`` is the moment up to which events
    count, in microseconds.
    """
    from scipy.special import ndtri

    window, z = int(funnel.length.total_seconds() * SECOND), float(ndtri((1 + level) / 2))
    n, seen_for = len(reach.unit), until - reach.entry
    over = seen_for >= window
    cluster = None if visitor is None else np.unique(visitor[reach.unit], return_inverse=True)[1]
    curves = [_curve(reach, place, seen_for, window) for place in range(len(funnel.steps))]
    rows: list[dict[str, Any]] = []
    for place, step in enumerate(funnel.steps):
        there = reach.at[:, place] != NEVER
        before = reach.at[:, place - 1] != NEVER if place else there
        row = {
            "step": step.name,
            "reached": int(there.sum()),
            **_shares(curves, place, cluster, over, before, z),
            "dropped": int((before & ~there & over).sum()),
            "immature": int((before & ~there & ~over).sum()),
            "skipped": int(reach.skipped[:, place].sum()),
            "naive_conversion": there.sum() / n if n else np.nan,
            **_times(reach.at[there, place] - reach.since[there, place]),
        }
        rows.append(row)
    known = covariance([curve.influence for curve in curves], cluster)
    return Measured(
        rows=rows,
        entrants=n,
        open=int((~over).sum()),
        trend=_trend(reach, over, window),
        covariance=known if over.any() else np.full_like(known, np.nan),
        optional=(False,) * len(rows),
    )


def _curve(reach: Reach, place: int, seen_for: Ints, window: int) -> Curve:
    there = reach.at[:, place] != NEVER
    taken = np.where(there, np.where(there, reach.at[:, place], 0) - reach.entry, seen_for)
    return curve_at(taken, there, window)


def _shares(
    curves: list[Curve], place: int, cluster: Ints | None, over: Any, before: Any, z: float
) -> dict[str, float]:
    """Return conversion from the entry and from the step before, with intervals; unknown while every window is open."""
    names = [f"{name}{end}" for name in INTERVALS for end in ("", "_low", "_high")]
    if not over.any():
        return dict.fromkeys(names, np.nan)
    if place == 0:
        return dict.fromkeys(names, 1.0)
    now, last = curves[place], curves[place - 1]
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


def unit_columns(reach: Reach, units: Any, funnel: Funnel) -> dict[str, Any]:
    """Write one row a unit: the deepest step, the first entry, the entry of the attempt, and when it came there."""
    order = np.argsort(reach.unit)
    names = np.array([step.name for step in funnel.steps], dtype=object)
    columns: dict[str, Any] = {
        "unit": units[reach.unit[order]],
        "deepest_step": names[reach.deepest[order]],
        "first_entered_at": reach.entry[order].astype("datetime64[us]"),
    }
    for name, times in (("entered_at", reach.since), ("deepest_at", reach.at)):
        deepest = np.take_along_axis(times, reach.deepest[:, None], axis=1)[:, 0]
        columns[name] = deepest[order].astype("datetime64[us]")
    return columns


def merged(groups: Iterator[tuple[Any, Measured]], by: str | None) -> dict[str, list[Any]]:
    """Put the rows of all groups one under the other."""
    columns: dict[str, list[Any]] = {}
    for label, found in groups:
        for row in found.rows:
            for name, value in ({by: label, **row} if by is not None else row).items():
                columns.setdefault(name, []).append(value)
    return columns
