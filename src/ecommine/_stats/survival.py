r"""Kaplan and Meier's estimate of the share that reaches an event by a horizon, when some units are still under way.

Who entered yesterday may still buy. Leaving such units out selects; counting them as lost is wrong.
With :math:`d_t` units that reach the event at time t after their entry, and :math:`Y_t` units at risk then, that is,
observed for so long without the event,

.. math:: \hat S(t) = \prod_{s \le t} \Bigl(1 - \frac{d_s}{Y_s}\Bigr), \qquad \hat F = 1 - \hat S, \qquad
    G(t) = \sum_{s \le t} \frac{d_s}{Y_s (Y_s - d_s)}, \qquad \widehat{\mathrm{Var}} = \hat S(t)^2 \, G(t)

(Greenwood's variance). The influence of a unit on :math:`\hat F(W)` at the horizon W, times the number n of units, is

.. math:: \psi = n \hat S(W) \Bigl(\frac{1\{\text{event at } t\}}{Y_t - d_t} - G(t)\Bigr)

for a unit whose event or end of observation is at t. The mean of its squares over n is Greenwood's variance; its sums
over clusters give the variance of correlated units, and its products the covariance of several events. Units censored
at a time are at risk at that time. Without censoring all of it is the binomial share.

This module runs on workers of a cluster and imports NumPy alone.

References
----------
Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the American
Statistical Association 53(282), 457-481. https://doi.org/10.1080/01621459.1958.10501452

Greenwood, M. (1926). The natural duration of cancer. Reports on Public Health and Medical Subjects 33, 1-26.

Reid, N. (1981). Influence functions for censored data. The Annals of Statistics 9(1), 78-92.
https://doi.org/10.1214/aos/1176345334
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .arrays import Bools, Floats, Ints, divide


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KaplanMeier:
    """A curve: what happens at each time up to the horizon, which is the last time.

    Attributes
    ----------
    n : int
        Units.
    time : int array of shape (n_times,)
        Times since the entry, ascending; the last is the horizon.
    at_risk : float array of shape (n_times,)
        Units observed until the time without the event.
    events : float array of shape (n_times,)
        Units that reach the event then; at the horizon also those that do so later.
    survival : float array of shape (n_times,)
        Share without the event, after each time.
    greenwood_sum : float array of shape (n_times,)
        Variance of the survival over its square, after each time; a time after which nobody is left adds nothing.

    Examples
    --------
    Of four units one has the event at once, one is observed until 2 only, and one of the last two has it at the end:

    >>> curve = KaplanMeier.from_durations(np.array([1, 2, 9, 9]), np.array([True, False, False, True]), 9)
    >>> curve.estimate
    0.625
    >>> curve.influence_of(np.array([1, 2, 9, 9]), np.array([True, False, False, True])).tolist()
    [0.375, -0.125, -0.875, 0.625]
    """

    n: int
    time: Ints
    at_risk: Floats
    events: Floats
    survival: Floats
    greenwood_sum: Floats

    @classmethod
    def from_counts(
        cls, time: Any, events: Any, censored: Any, *, late: int = 0, n: int, horizon: int
    ) -> "KaplanMeier":
        """Estimate the curve from counts.

        Parameters
        ----------
        time : int array of shape (n_times,)
            Times before the horizon, ascending.
        events, censored : array of shape (n_times,)
            Units whose event, and units whose end of observation without the event, is at each time.
        late : int
            Units with the event at the horizon.
        n : int
            All units; those not counted are observed to the horizon without the event.
        horizon : int
            The last time.

        Examples
        --------
        >>> KaplanMeier.from_counts([1, 2], [1, 0], [0, 1], late=1, n=4, horizon=9).survival.tolist()
        [0.75, 0.75, 0.375]
        """
        events = np.append(np.asarray(events, dtype=np.float64), late)
        gone = events[:-1] + censored
        at_risk = n - np.append(0.0, np.cumsum(gone))
        left = at_risk - events
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(at_risk > 0, left / at_risk, 1.0)  # nobody may be observed to the horizon
            hazard = np.where(left > 0, events / (at_risk * left), 0.0)
        return cls(
            n=n,
            time=np.append(np.asarray(time, dtype=np.int64), horizon),
            at_risk=at_risk,
            events=events,
            survival=np.cumprod(step, dtype=np.float64),
            greenwood_sum=np.cumsum(hazard),
        )

    @classmethod
    def from_durations(cls, duration: Any, event: Bools, horizon: int, *, resolution: int = 1) -> "KaplanMeier":
        """Estimate the curve from units.

        Parameters
        ----------
        duration : int array of shape (n_units,)
            Time from the entry to the event, or to the end of observation without it. Durations from the horizon on
            count at the horizon.
        event : bool array of shape (n_units,)
            Whether the event is reached; events after the horizon count unless they are False here.
        horizon : int
            The last time, in the unit of the durations.
        resolution : int
            Durations that are whole multiples of it, as whole seconds among microseconds, are counted without a sort.
        """
        return _indexed(np.asarray(duration), event, horizon, resolution)[0]

    @property
    def estimate(self) -> float:
        """Share that reaches the event by the horizon; 0 of no units."""
        return 1.0 - float(self.survival[-1])

    @property
    def variance(self) -> float:
        """Greenwood's variance of the estimate, that of independent units."""
        return float(self.survival[-1] ** 2 * self.greenwood_sum[-1])

    @property
    def influence_event(self) -> Floats:
        """Influence on the estimate, times n, of a unit with the event at each time; 0 where everybody has it."""
        left = self.at_risk - self.events
        inverse = np.divide(1.0, left, out=np.zeros(len(left)), where=left > 0)
        return np.asarray((inverse - self.greenwood_sum) * (float(self.survival[-1]) * self.n))

    @property
    def influence_censored(self) -> Floats:
        """Influence on the estimate, times n, of a unit observed until each time without the event."""
        return np.asarray(-self.greenwood_sum * (float(self.survival[-1]) * self.n))

    def influence_of(self, duration: Any, event: Bools) -> Floats:
        """Compute the influence of each unit on the estimate, times n.

        Parameters
        ----------
        duration, event : array of shape (n_units,)
            As in :meth:`from_durations`. Events are at times of the curve.
        """
        index = np.minimum(np.searchsorted(self.time, duration), len(self.time) - 1)
        passed = np.searchsorted(self.time, duration, side="right")
        of_censored = np.append(0.0, self.influence_censored)[passed]
        return np.asarray(np.where(event, self.influence_event[index], of_censored))

    def only_events(self) -> "KaplanMeier":
        """Leave out the times at which no event is, but for the horizon: the same curve, in fewer numbers."""
        kept = np.append(np.flatnonzero(self.events[:-1]), len(self.time) - 1)
        parts = {name: getattr(self, name)[kept] for name in ("time", "at_risk", "events", "survival", "greenwood_sum")}
        return KaplanMeier(n=self.n, **parts)

    def estimate_without(self, n_late: int) -> float:
        """Estimate the share if some of the events at the horizon were none.

        Examples
        --------
        >>> curve = KaplanMeier.from_durations(np.array([1, 2, 9, 9]), np.array([True, False, False, True]), 9)
        >>> curve.estimate_without(1)
        0.25
        """
        before = self.survival[-2] if len(self.survival) > 1 else 1.0
        share = (self.events[-1] - n_late) / self.at_risk[-1] if self.at_risk[-1] > 0 else 0.0
        return float(1 - before * (1 - share))

    def share_at(self, moments: Any) -> tuple[Floats, Floats]:
        """Compute the share that has reached the event by each moment, and its Greenwood variance.

        Examples
        --------
        >>> curve = KaplanMeier.from_durations(np.array([2, 5, 9, 9]), np.array([True, True, False, False]), 9)
        >>> [values.tolist() for values in curve.share_at([0, 2, 9])]
        [[0.0, 0.25, 0.5], [0.0, 0.046875, 0.0625]]
        """
        survival, greenwood_sum = self._after(moments)
        return 1.0 - survival, survival**2 * greenwood_sum

    def conditional(self, age: Any) -> tuple[Floats, Floats]:
        """Compute the chance of the event by the horizon of units without it at their age, and its standard error.

        NaN at an age to which nobody is left: :math:`1 - S(W) / S(a)` is not known there.

        Examples
        --------
        >>> curve = KaplanMeier.from_durations(np.array([2, 5, 9, 9]), np.array([True, True, False, False]), 9)
        >>> [values.round(4).tolist() for values in curve.conditional([0, 3])]
        [[0.5, 0.3333], [0.25, 0.2722]]
        """
        survival, greenwood_sum = self._after(age)
        rest = np.divide(self.survival[-1], survival, out=np.full(len(survival), np.nan), where=survival > 0)
        return 1.0 - rest, rest * np.sqrt(np.maximum(self.greenwood_sum[-1] - greenwood_sum, 0.0))

    def _after(self, moments: Any) -> tuple[Floats, Floats]:
        passed = np.searchsorted(self.time, moments, side="right")
        return np.append(1.0, self.survival)[passed], np.append(0.0, self.greenwood_sum)[passed]


class Estimate(NamedTuple):
    """A share by the horizon, and the influence of each unit on it, times their number."""

    share: float
    influence: Floats


def kaplan_meier_estimate(duration: Any, event: Bools, horizon: int, *, resolution: int = 1) -> Estimate:
    """Estimate the share that reaches an event by the horizon, with the influence of each unit.

    The same as :meth:`KaplanMeier.from_durations` and :meth:`KaplanMeier.influence_of`, in one pass.

    Examples
    --------
    >>> share, influence = kaplan_meier_estimate(np.array([1, 2, 9, 9]), np.array([True, False, False, True]), 9)
    >>> share, influence.tolist()
    (0.625, [0.375, -0.125, -0.875, 0.625])
    """
    curve, early, index = _indexed(np.asarray(duration), event, horizon, resolution)
    of_event, of_censored = curve.influence_event, curve.influence_censored
    influence = np.where(event, of_event[-1], of_censored[-1])
    influence[early] = np.where(event[early], of_event[index], of_censored[index])
    return Estimate(share=curve.estimate, influence=influence)


def survival_by_row(at_risk: Ints, events: Ints) -> tuple[Floats, Floats]:
    """Return Kaplan and Meier's estimate and Greenwood's sum after each moment, where each row is a group of its own.

    Examples
    --------
    >>> survival, greenwood = survival_by_row(np.array([[4, 2]]), np.array([[1, 1]]))
    >>> survival.tolist(), greenwood.round(4).tolist()
    ([[0.75, 0.375]], [[0.0833, 0.5833]])
    """
    left = at_risk - events
    survival: Floats = np.cumprod(np.where(at_risk > 0, divide(left, at_risk), 1.0), axis=1)
    greenwood: Floats = np.cumsum(np.where(left > 0, divide(events, at_risk * left), 0.0), axis=1)
    return survival, greenwood


def index_durations(duration: Ints, horizon: int, *, resolution: int = 1) -> tuple[Ints, Ints]:
    """Return the index of each duration among the times of a curve, and these times, ascending.

    Parameters
    ----------
    duration : int array of shape (n,)
        All before the horizon.
    horizon, resolution : int
        As in :meth:`KaplanMeier.from_durations`. Whole multiples of the resolution need no sort, unless the times up
        to the horizon are far more than the durations; then times may be listed at which nothing happens.

    Examples
    --------
    >>> [values.tolist() for values in index_durations(np.array([7, 3, 7]), 100)]
    [[1, 0, 1], [3, 7]]
    """
    n_times = -(-horizon // resolution)
    if n_times <= 4 * len(duration):
        index = duration // resolution
        if np.array_equal(index * resolution, duration):
            return index, np.arange(n_times) * resolution
    times, index = np.unique(duration, return_inverse=True)
    return index, times


def count_before(time: Ints, count: Any, moments: Any) -> Ints:
    """Count what is before each moment.

    Parameters
    ----------
    time, count : int array of shape (n_times,)
        Times, ascending, and the number at each.
    moments : array of shape (n_moments,)
        Where to count; what is at a moment is not before it.

    Examples
    --------
    >>> count_before(np.array([2, 5]), np.array([3, 1]), np.array([2, 3, 9])).tolist()
    [0, 3, 4]
    """
    before: Ints = np.append(0, np.cumsum(count))[np.searchsorted(time, moments)]
    return before


def harmonic_mean_at_risk(time: Ints, count: Any, n: int, horizon: float) -> float:
    """Compute how many fully observed units tell as much of an event that nobody reached.

    That is the harmonic mean, over the time to the horizon, of the units still observed: what the variance of the
    estimate tends to for a rare event that is equally likely at any time. 0 where nobody is observed to the horizon.

    Parameters
    ----------
    time, count : int array of shape (n_times,)
        Times before the horizon until which units are observed, ascending, and how many units each.
    n : int
        All units.
    horizon : number
        The last time.

    Examples
    --------
    >>> round(harmonic_mean_at_risk(np.array([5]), np.array([90]), 100, 10), 4)  # 100 for one half, 10 for the other
    18.1818
    """
    at_risk = n - np.append(0, np.cumsum(count))
    if at_risk[-1] <= 0:
        return 0.0
    return horizon / float(np.sum(np.diff(time, prepend=0, append=horizon) / at_risk))


def _indexed(duration: Ints, event: Bools, horizon: int, resolution: int) -> tuple[KaplanMeier, Ints, Ints]:
    """Return the curve, the units before the horizon and the index of their times."""
    early = np.flatnonzero(duration < horizon)  # all others are at the horizon, which needs no sort
    index, times = index_durations(duration[early], horizon, resolution=resolution)
    is_event = event[early]
    events = np.bincount(index[is_event], minlength=len(times))
    censored = np.bincount(index, minlength=len(times)) - events
    late = int(np.count_nonzero(event)) - int(events.sum())
    curve = KaplanMeier.from_counts(times, events, censored, late=late, n=len(duration), horizon=horizon)
    return curve, early, index
