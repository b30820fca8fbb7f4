"""How many carts are left, how many of these are bought later, and the chance of one that is still open.

A cart that was left yesterday may still be bought. Recovery is Kaplan and Meier's estimate at the end of the window, as
conversion is in funnels, with the time since the cart was left; the carts of one person are correlated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times
from ..._core.moments import SECOND
from ..._stats.arrays import Ints as Clusters
from ..._stats.clusters import clustered_sample_size, design_effect, effective_sample_size
from ..._stats.intervals import wilson_interval
from ..._stats.survival import Estimate, KaplanMeier, kaplan_meier_estimate

SHARES = ("abandonment", "recovery", "lost")
LIMITS = ("", "_low", "_high")
"""Endings of the columns of an estimate and its interval."""
CARTS_FOR_HALF_WEIGHT = 100
"""Carts of a step that weigh as much as all carts together do, in the chance of one."""
CURVE_INTERVALS = 28
"""Parts of the window after which the curve of recovery is given: a quarter of a day each in seven days."""
HOUR = 3_600 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartOutcomes:
    """What became of carts; each array of shape (n_carts,).

    Only carts whose first session is over can be bought or left: that a purchase is known at once, and that a cart was
    left only when the session is over, would select by the outcome.
    """

    bought: Bools
    """In the session that opened the cart."""
    left: Bools
    """Left in that session with something in it: the carts that can be recovered."""
    recovered: Bools
    """Of those left, bought within the window."""
    duration: Times
    """Microseconds from when it was left until it was bought or is no longer observed, at most the window."""
    window_over: Bools
    person: Clusters
    """Number of the person, the cluster of correlated carts."""

    def take(self, rows: Any) -> "CartOutcomes":
        """Return some carts."""
        return CartOutcomes(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def estimate_rates(outcomes: CartOutcomes, window: int, z: float) -> dict[str, Any]:
    """Estimate the shares of some carts: left at first, recovered of these, and lost in the end, with intervals.

    Lost is the product of being left and not recovered. Recovery is unknown while no window is over.
    """
    decided = outcomes.take(outcomes.bought | outcomes.left)
    n, left = len(decided.left), decided.left
    row: dict[str, Any] = {
        "carts": len(outcomes.left),
        "bought": int(decided.bought.sum()),
        "left": int(left.sum()),
        "recovered": int(decided.recovered.sum()),
        "open": int((left & ~decided.recovered & ~decided.window_over).sum()),
    }
    row |= dict.fromkeys((f"{name}{limit}" for name in SHARES for limit in LIMITS), np.nan)
    if not n:
        return row
    row |= estimate_share("abandonment", left, decided.person, z)
    n_observed = float((left & decided.window_over).sum())
    if not n_observed:
        return row
    recovery = _recovery(decided.take(left), window)
    row |= _with_interval("recovery", recovery, decided.person[left], n_observed, z)
    share = row["abandonment"]
    influence = (left - share) * (1 - recovery.share)
    influence[left] -= recovery.influence
    lost = Estimate(share * (1 - recovery.share), influence)
    return row | _with_interval("lost", lost, decided.person, n, z)


def estimate_share(name: str, holds: Bools, person: Clusters, z: float) -> dict[str, float]:
    """Estimate a share of carts with its interval; NaN of none."""
    if not len(holds):
        return dict.fromkeys((f"{name}{limit}" for limit in LIMITS), np.nan)
    share = float(holds.mean())
    estimate = Estimate(share, np.asarray(holds - share, dtype=np.float64))
    return _with_interval(name, estimate, person, len(holds), z)


def _recovery(left: CartOutcomes, horizon: int) -> Estimate:
    is_event = left.recovered & (left.duration <= horizon)
    return kaplan_meier_estimate(left.duration, is_event, horizon, resolution=SECOND)


def _with_interval(name: str, estimate: Estimate, person: Clusters, n: float, z: float) -> dict[str, float]:
    """Return the share with its limits; ``n`` is the sample size where the data show no variation."""
    sample_size = clustered_sample_size(estimate.share, estimate.influence, person, n)
    limits = wilson_interval(estimate.share, sample_size, z)
    return {f"{name}{limit}": value for limit, value in zip(LIMITS, (estimate.share, *limits), strict=True)}


def estimate_recovery_curve(outcomes: CartOutcomes, window: int, z: float) -> dict[str, Any]:
    """Estimate the share of carts recovered by moments of the window, as far as any cart is observed."""
    left = outcomes.take(outcomes.left)
    left = left.take(np.argsort(left.duration, kind="stable"))  # sorted once, each of the estimates is quick
    rows: list[dict[str, float]] = []
    for moment in (window * part // CURVE_INTERVALS for part in range(CURVE_INTERVALS + 1)):
        at_risk = int((left.duration >= moment).sum())
        if not at_risk:
            break
        share = _with_interval("recovered", _recovery(left, moment), left.person, float(at_risk), z)
        rows.append({"hours": moment / HOUR, "at_risk": at_risk, **share})
    names = ("hours", "at_risk", *(f"recovered{limit}" for limit in LIMITS))
    return {name: np.array([row[name] for row in rows], dtype="i8" if name == "at_risk" else "f8") for name in names}


def estimate_chances(
    outcomes: CartOutcomes, step: Ints, rows: Ints, window: int, z: float
) -> tuple[Floats, Floats, Floats]:
    """Estimate the chance that each of some open carts is bought by the end of its window, with intervals.

    A cart of age a is bought with 1 - S(window) / S(a). S is the curve of its step, weighed with that of all carts: of
    n left carts of the step, the step weighs n / (n + CARTS_FOR_HALF_WEIGHT). NaN while no window is over.
    """
    left = outcomes.take(outcomes.left)
    if not left.window_over.any() or not len(rows):
        unknown = np.full(len(rows), np.nan)
        return unknown, unknown, unknown
    age = outcomes.duration[rows]
    chance, error = _conditional_recovery(left, age, window)
    for number in np.unique(step[rows]):
        is_step = step[rows] == number
        left_at_step = outcomes.take(outcomes.left & (step == number))
        if not left_at_step.window_over.any():
            continue
        own_chance, own_error = _conditional_recovery(left_at_step, age[is_step], window)
        n = len(left_at_step.left)
        weight = np.where(np.isnan(own_chance), 0.0, n / (n + CARTS_FOR_HALF_WEIGHT))
        chance[is_step] += weight * (np.nan_to_num(own_chance) - chance[is_step])
        error[is_step] += weight * (np.nan_to_num(own_error) - error[is_step])
    sample_size = effective_sample_size(chance, error**2, float(left.window_over.sum()))
    return chance, *wilson_interval(chance, sample_size, z)


def _conditional_recovery(left: CartOutcomes, age: Times, window: int) -> tuple[Floats, Floats]:
    """Return the chance of carts of each age and its standard error; NaN where none was left at that age."""
    curve = KaplanMeier.from_durations(left.duration, left.recovered, window, resolution=SECOND)
    chance, error = curve.conditional(age)
    return chance, error * np.sqrt(design_effect(_recovery(left, window).influence, left.person))
