"""How many carts are left, how many of these are bought later, and the chance of one that is still open.

A cart that was left yesterday may still be bought. Recovery is Kaplan and Meier's estimate at the end of the window, as
conversion is in `_curves`, with the time since the cart was left; the carts of one visitor belong together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._curves import Curve, Floats, curve_at, effective, wilson, wilson_each
from .._log.log import distinct_rows
from .._match.sort import Ints
from .._micro import SECOND, Times
from .events import Flags

SHARES = ("abandonment", "recovery", "lost")
HALF = 100
"""Carts of a step that count as much as all carts together do, in the chance of one."""
POINTS = 28
"""Moments of the window at which the curve of recovery is given: a quarter of a day each in seven days."""
HOUR = 3_600 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fates:
    """What became of carts; each array of shape (n_carts,).

    Only carts whose first session is over can be bought or left: that a purchase is known at once, and that a cart was
    left only when the session is over, would select by the outcome.

    Attributes
    ----------
    bought : bool array
        In the session that opened the cart.
    left : bool array
        Left in that session with something in it: the carts that can be recovered.
    recovered : bool array
        Of those left, bought within the window.
    wait : int64 array
        Microseconds from when it was left until it was bought, or for how long it was seen, at most the window.
    over : bool array
        Whether the window of a cart that was left is over.
    person : int array
        Whose it is: a small number, by which sums are kept.
    """

    bought: Flags
    left: Flags
    recovered: Flags
    wait: Times
    over: Flags
    person: Ints

    def take(self, rows: Any) -> "Fates":
        """Keep some carts."""
        return Fates(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def rates(fates: Fates, window: int, z: float) -> dict[str, Any]:
    """Estimate the shares of some carts: left at first, recovered of these, and lost in the end, with intervals.

    Lost is the product of being left and not recovered. Recovery is unknown while no window is over.
    """
    decided = fates.take(fates.bought | fates.left)
    n, left = len(decided.left), decided.left
    row: dict[str, Any] = {
        "carts": len(fates.left),
        "bought": int(decided.bought.sum()),
        "left": int(left.sum()),
        "recovered": int(decided.recovered.sum()),
        "open": int((left & ~decided.recovered & ~decided.over).sum()),
    }
    row |= dict.fromkeys((f"{name}{end}" for name in SHARES for end in ("", "_low", "_high")), np.nan)
    if not n:
        return row
    row |= share_of("abandonment", left, decided.person, z)
    if not (left & decided.over).any():
        return row
    curve = _curve(decided.take(left), window)
    mature = float((left & decided.over).sum())
    row |= _interval("recovery", curve.share, curve.influence, decided.person[left], mature, z)
    share = row["abandonment"]
    influence = (left - share) * (1 - curve.share)
    influence[left] -= curve.influence
    return row | _interval("lost", share * (1 - curve.share), influence, decided.person, n, z)


def share_of(name: str, holds: Flags, person: Ints, z: float) -> dict[str, float]:
    """Estimate a share of carts with its interval; NaN of none."""
    if not len(holds):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
    share = float(holds.mean())
    return _interval(name, share, np.asarray(holds - share, dtype=np.float64), person, len(holds), z)


def _curve(left: Fates, window: int) -> Curve:
    return curve_at(left.wait, left.recovered & (left.wait <= window), window)


def _interval(name: str, share: float, influence: Floats, cluster: Ints, n: float, z: float) -> dict[str, float]:
    low, high = wilson(share, effective(share, influence, cluster, n), z)
    return {name: share, f"{name}_low": low, f"{name}_high": high}


def recovery_curve(fates: Fates, window: int, z: float) -> dict[str, Any]:
    """Estimate the share of carts recovered by moments of the window, as far as any cart was seen."""
    left = fates.take(fates.left)
    left = left.take(np.argsort(left.wait, kind="stable"))  # sorted once, each of the curves is quick
    rows = []
    for place in range(POINTS + 1):
        moment = window * place // POINTS
        still = int((left.wait >= moment).sum())
        if not still:
            break
        curve = _curve(left, moment)
        rows.append(
            {
                "hours": moment / HOUR,
                "at_risk": still,
                **_interval("recovered", curve.share, curve.influence, left.person, float(still), z),
            }
        )
    names = ("hours", "at_risk", "recovered", "recovered_low", "recovered_high")
    return {name: np.array([row[name] for row in rows], dtype="int64" if name == "at_risk" else "f8") for name in names}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limit:
    """Kaplan and Meier's curve, and Greenwood's sum of its variance, as steps."""

    moments: Times
    survival: Floats
    spent: Floats

    def at(self, time: Any) -> tuple[Floats, Floats]:
        """Return the share not yet recovered, and the sum, at each time."""
        place = np.searchsorted(self.moments, time, side="right")
        return np.append(1.0, self.survival)[place], np.append(0.0, self.spent)[place]


def limit(left: Fates) -> Limit:
    """Estimate the whole curve.

    Examples
    --------
    >>> one = np.array([True, False])
    >>> fates = Fates(bought=~one, left=one | True, recovered=one, wait=np.array([5, 9]), over=one, person=one)
    >>> limit(fates).survival
    array([0.5, 0.5])
    """
    place, first = distinct_rows(left.wait)
    moments = left.wait[first]
    events = np.bincount(place, left.recovered, minlength=len(moments)).astype(np.float64)
    size = np.bincount(place, minlength=len(moments))
    at_risk = len(left.wait) - np.cumsum(size) + size
    after = at_risk - events
    spent = np.divide(events, at_risk * after, out=np.zeros(len(moments)), where=after > 0)
    survival = np.asarray(np.cumprod(after / at_risk), dtype=np.float64)
    return Limit(moments=moments, survival=survival, spent=np.cumsum(spent))


def chances(fates: Fates, step: Ints, rows: Ints, window: int, z: float) -> tuple[Floats, Floats, Floats]:
    """Estimate the chance that each of some open carts is bought by the end of its window, with intervals.

    A cart of age a is bought with 1 - S(window) / S(a). S is the curve of its step, weighed with that of all carts: of
    n left carts of the step, the step counts n / (n + HALF). NaN while no window is over.
    """
    everything = fates.take(fates.left)
    nothing = np.full(len(rows), np.nan)
    if not everything.over.any() or not len(rows):
        return nothing, nothing, nothing
    age = fates.wait[rows]
    chance, error = _conditional(limit(everything), age, window)
    error = error * np.sqrt(_design_effect(everything, window))
    for place in np.unique(step[rows]):
        mine = step[rows] == place
        like = fates.take(fates.left & (step == place))
        if not like.over.any():
            continue
        own, own_error = _conditional(limit(like), age[mine], window)
        own_error = own_error * np.sqrt(_design_effect(like, window))
        weight = np.where(np.isnan(own), 0.0, len(like.wait) / (len(like.wait) + HALF))
        chance[mine] += weight * (np.nan_to_num(own) - chance[mine])
        error[mine] += weight * (np.nan_to_num(own_error) - error[mine])
    return chance, *_wilson(chance, error, float(everything.over.sum()), z)


def _conditional(curve: Limit, age: Times, window: int) -> tuple[Floats, Floats]:
    """Return 1 - S(window) / S(age) and its standard error; NaN where nothing was left at that age."""
    (now, spent), (end, total) = curve.at(age), curve.at(np.array([window]))
    rest = np.divide(end[0], now, out=np.full(len(now), np.nan), where=now > 0)
    return 1 - rest, rest * np.sqrt(np.maximum(total[0] - spent, 0.0))


def _design_effect(left: Fates, window: int) -> float:
    """Tell how much more the share varies since carts of one visitor are alike; never less than one."""
    curve = _curve(left, window)
    sums = np.bincount(left.person, curve.influence)
    plain = float(curve.influence @ curve.influence)
    return max(float(sums @ sums) / plain, 1.0) if plain > 0 else 1.0


def _wilson(share: Floats, error: Floats, otherwise: float, z: float) -> tuple[Floats, Floats]:
    n = np.divide(share * (1 - share), error**2, out=np.full(len(share), otherwise), where=error > 0)
    return wilson_each(share, n, z)
