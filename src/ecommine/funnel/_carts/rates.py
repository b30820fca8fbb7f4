"""How many carts are left, how many of these are bought later, and the chance of one that is still open."""

from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times
from ..._core.moments import SECOND
from ..._core.tables import with_bounds
from ..._stats.clusters import clustered_sample_size, design_effect, effective_sample_size
from ..._stats.intervals import wilson_interval
from ..._stats.survival import Estimate, KaplanMeier, kaplan_meier_estimate
from .lifecycle import CartLifecycle

LIMITS = ("", "_low", "_high")
"""Endings of the columns of an estimate and its interval."""
CARTS_FOR_HALF_WEIGHT = 100
"""Carts of a step that weigh as much as all carts together do, in the chance of one."""
CURVE_INTERVALS = 28
"""Parts of the window after which the curve of recovery is given: a quarter of a day each in seven days."""
HOUR = 3_600 * SECOND
RECOVERY_COLUMNS = {"hours": 0.0, "at_risk": 0, **with_bounds("recovered", [0.0] * 3)}
"""Columns of the curve of recovery, with a value for the type of each."""


def estimate_rates(carts: CartLifecycle, window: int, z: float) -> dict[str, Any]:
    """Estimate the shares of some carts: left at first, recovered of these, and lost in the end, with intervals.

    Lost is the product of being left and not recovered. Recovery is unknown while no window is over.
    """
    decided = carts.take(carts.is_bought | carts.can_be_recovered)
    left, n_left = decided.can_be_recovered, int(decided.can_be_recovered.sum())
    n_observed = int((left & decided.is_window_over).sum())
    row: dict[str, Any] = {
        "carts": len(carts),
        "bought": len(decided) - n_left,
        "left": n_left,
        "recovered": int(decided.is_recovered.sum()),
        "open": int((left & ~decided.is_recovered & ~decided.is_window_over).sum()),
        **estimate_share("abandonment", left, decided.person, z),
    }
    if not n_observed:
        return {**row, **with_bounds("recovery", [np.nan] * 3), **with_bounds("lost", [np.nan] * 3)}
    share, recovery = row["abandonment"], _recovery(decided.take(left), window)
    influence = (left - share) * (1 - recovery.share)
    influence[left] -= recovery.influence
    lost = Estimate(share * (1 - recovery.share), influence)
    return {
        **row,
        **_with_interval("recovery", recovery, decided.person[left], n_observed, z),
        **_with_interval("lost", lost, decided.person, len(decided), z),
    }


def estimate_share(name: str, holds: Bools, person: Ints, z: float) -> dict[str, float]:
    """Estimate a share of carts with its interval; NaN of none."""
    if not len(holds):
        return with_bounds(name, [np.nan] * 3)
    share = float(holds.mean())
    return _with_interval(name, Estimate(share, np.subtract(holds, share, dtype=np.float64)), person, len(holds), z)


def _recovery(left: CartLifecycle, horizon: int) -> Estimate:
    is_event = left.is_recovered & (left.duration <= horizon)
    return kaplan_meier_estimate(left.duration, is_event, horizon, resolution=SECOND)


def _with_interval(name: str, estimate: Estimate, person: Ints, n: float, z: float) -> dict[str, float]:
    """Return the share with its limits; ``n`` is the sample size where the data show no variation."""
    sample_size = clustered_sample_size(estimate.share, estimate.influence, person, n)
    limits = wilson_interval(estimate.share, sample_size, z)
    return with_bounds(name, (estimate.share, *limits))


def estimate_recovery_curve(carts: CartLifecycle, window: int, z: float) -> list[dict[str, Any]]:
    """Estimate the share of carts recovered by moments of the window, as far as any cart is observed."""
    left = carts.take(carts.can_be_recovered)
    left = left.take(np.argsort(left.duration, kind="stable"))  # sorted once, each of the estimates is quick
    rows = []
    for moment in (window * part // CURVE_INTERVALS for part in range(CURVE_INTERVALS + 1)):
        n_at_risk = int((left.duration >= moment).sum())
        if not n_at_risk:
            break
        share = _with_interval("recovered", _recovery(left, moment), left.person, n_at_risk, z)
        rows.append({"hours": moment / HOUR, "at_risk": n_at_risk, **share})
    return rows


def estimate_chances(carts: CartLifecycle, rows: Ints, window: int, z: float) -> tuple[Floats, Floats, Floats]:
    """Estimate the chance that each of some open carts is bought by the end of its window, with intervals.

    A cart of age a is bought with 1 - S(window) / S(a). S is the curve of its step, weighed with that of all carts: of
    n left carts of the step, the step weighs n / (n + CARTS_FOR_HALF_WEIGHT). NaN while no window is over.
    """
    left, age, step = carts.take(carts.can_be_recovered), carts.duration[rows], carts.step[rows]
    if not left.is_window_over.any() or not len(rows):
        unknown = np.full(len(rows), np.nan)
        return unknown, unknown, unknown
    chance, error = _conditional_recovery(left, age, window)
    for number in np.unique(step):
        is_step, left_at_step = step == number, left.take(left.step == number)
        if not left_at_step.is_window_over.any():
            continue
        own_chance, own_error = _conditional_recovery(left_at_step, age[is_step], window)
        n = len(left_at_step)
        weight = np.where(np.isnan(own_chance), 0.0, n / (n + CARTS_FOR_HALF_WEIGHT))
        chance[is_step] += weight * (np.nan_to_num(own_chance) - chance[is_step])
        error[is_step] += weight * (np.nan_to_num(own_error) - error[is_step])
    sample_size = effective_sample_size(chance, error**2, float(left.is_window_over.sum()))
    return chance, *wilson_interval(chance, sample_size, z)


def _conditional_recovery(left: CartLifecycle, age: Times, window: int) -> tuple[Floats, Floats]:
    """Return the chance of carts of each age and its standard error; NaN where none was left at that age."""
    curve = KaplanMeier.from_durations(left.duration, left.is_recovered, window, resolution=SECOND)
    chance, error = curve.conditional(age)
    return chance, error * np.sqrt(design_effect(_recovery(left, window).influence, left.person))
