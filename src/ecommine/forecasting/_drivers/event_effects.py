r"""Effects of events on the demand that all products share, with the uncertainty of their few occurrences.

On day :math:`d` the occurrence :math:`k` of an event moves demand by a factor with the logarithm

.. math:: x_d' (\gamma + u_k), \qquad u_k \sim N(0, s^2)

where :math:`x_d` is the climb over the days before and an earlier peak in them, the day itself, and the fade over the
days after. A period has the mean factor of its days, so that an event acts by its share of them. Beside it stand a
smooth level and, for days, the days of the week. All are fitted at once to the common factor of the products; the next
occurrence has an effect of its own again, so that one occurrence is one observation, however many products it moved.

References
----------
Eilers, P. H. C. and Marx, B. D. (1996). Flexible smoothing with B-splines and penalties. Statistical Science 11(2),
89-121. https://doi.org/10.1214/ss/1038425655
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints

N_PARTS = 4
"""Parts of an occurrence: the climb before, an early peak, the day itself, the fade after."""
EFFECT_STD = 1.0
"""Standard deviation of the logarithm of an effect before it is seen."""
OCCURRENCE_STD, OCCURRENCE_SHARE = 0.1, 0.25
"""Standard deviation between occurrences of an event, and its part that grows with the effect, before any repeat."""
PRIOR_REPEATS = 4.0
"""Repeats of events that these two count for."""
MIN_DAYS_OF_EARLY_PEAK = 7
"""Days before an event from which on demand may be highest some days earlier, as before Spring Festival."""
KNOT_DAYS, KNOT_PERIODS = 56.0, 6
MIN_OWN_SHARE = 0.05
"""Part of an event's course that level and days of the week do not follow, below which it cannot be told from them."""
_PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
_STEPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDays:
    """The days on which occurrences of events act.

    Attributes
    ----------
    period : int array of shape (n_days,)
        Period of each day, of history and horizon, in order.
    design : float array of shape (n_days, 4 * n_occurrences)
        Four parts of each occurrence, see `parts_of_event`.
    event : int array of shape (n_occurrences,)
        Event of each occurrence, from 0.
    """

    period: Ints
    design: Floats
    event: Ints

    @property
    def n_periods(self) -> int:
        """Return the number of periods of history and horizon."""
        return int(self.period[-1]) + 1

    @property
    def n_events(self) -> int:
        """Return the number of events."""
        return int(self.event.max(initial=-1)) + 1

    def factors(self, effect: Floats) -> Floats:
        """Return the mean factor of the days of each period."""
        length = np.bincount(self.period)
        return np.asarray(np.bincount(self.period, weights=np.exp(self.design @ effect)) / length)

    def of_event(self, event: int, effect: Floats) -> Floats:
        """Return the factors of one event alone."""
        return self.factors(np.where(np.repeat(self.event == event, N_PARTS), effect, 0))

    def gradients(self, effect: Floats) -> Floats:
        """Return the derivatives of the logarithm of each period's factor by the effects."""
        on_day = np.exp(self.design @ effect)
        sums = np.zeros((self.n_periods, self.design.shape[1]))
        np.add.at(sums, self.period, on_day[:, None] * self.design)
        return np.asarray(sums / np.bincount(self.period, weights=on_day)[:, None])


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEffects:
    """Factors that events put on periods of history and horizon.

    Attributes
    ----------
    factor : float array of shape (n_all_periods,)
        Mean factor of the days of each period, history first.
    of_event : float array of shape (n_events, n_all_periods)
        The same of each event alone, 1 outside its days.
    log_std : float array of shape (n_all_periods,)
        Standard error of the logarithm of the factor.
    """

    factor: Floats
    of_event: Floats
    log_std: Floats


def event_effects(common: Floats, days: Floats, weekday: Ints | None, event_days: EventDays) -> EventEffects:
    """Estimate the effects of events from the common factor of all products.

    Parameters
    ----------
    common : float array of shape (n_history,)
        NaN where not known.
    days : float array of shape (n_history,)
        Length of each period.
    weekday : int array of shape (n_history,) or None
        Day of the week, from 0, where periods are days.
    event_days : EventDays

    Examples
    --------
    >>> distance = np.arange(40) - np.array([[10], [38]])
    >>> design = np.concatenate([parts_of_event(row, 0, 0) for row in distance], axis=1)
    >>> event_days = EventDays(period=np.arange(40), design=design, event=np.array([0, 0]))
    >>> common = np.where(np.arange(30) == 10, 3.0, 1.0)
    >>> effects = event_effects(common, np.ones(30), None, event_days)
    >>> effects.factor[[9, 10, 38]].round(1).tolist(), effects.log_std[38].round(1).item()
    ([1.0, 3.0, 2.8], 0.4)
    """
    fitted = _fit(common, level_and_week(days, weekday), event_days)
    slopes = event_days.gradients(fitted.effect)
    return EventEffects(
        factor=event_days.factors(fitted.effect),
        of_event=np.stack([event_days.of_event(event, fitted.effect) for event in range(event_days.n_events)]),
        log_std=np.sqrt(np.einsum("ti,ij,tj->t", slopes, fitted.covariance, slopes)),
    )


def separable_events(common: Floats, days: Floats, weekday: Ints | None, event_days: EventDays) -> Bools:
    """Return which events can be told from level and week: not one of every weekend, nor one of every week in weeks.

    Parameters
    ----------
    common, days, weekday, event_days
        As for `event_effects`.

    Returns
    -------
    bool array of shape (n_events,)

    Examples
    --------
    >>> distance = np.arange(40) - np.array([[5], [12], [19], [26], [9]])
    >>> design = np.concatenate([parts_of_event(row, 0, 0) for row in distance], axis=1)
    >>> event_days = EventDays(period=np.arange(40), design=design, event=np.array([0, 0, 0, 0, 1]))
    >>> separable_events(np.ones(30), np.ones(30), np.arange(30) % 7, event_days).tolist()
    [False, True]
    """
    is_used = common > 0
    design = _Design.of(level_and_week(days, weekday), event_days)
    slopes = event_days.gradients(np.zeros(design.n_own))[: len(common)] @ design.to_event
    course, base = slopes[is_used], design.base[is_used]
    left = course - base @ np.linalg.lstsq(base, course, rcond=None)[0]
    own, whole = ((values**2).sum(axis=0).reshape(-1, N_PARTS).sum(axis=1) for values in (left, course))
    return np.asarray(own > MIN_OWN_SHARE * whole)


def parts_of_event(distance: Any, before: int, after: int) -> Floats:
    """Return climb and early peak before an event, the day itself and the fade after it, for days so far from it.

    Examples
    --------
    >>> parts_of_event(np.array([-2, -1, 0, 1, 2]), 1, 1)[:, [0, 2, 3]].tolist()
    [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    climb = np.where((distance < 0) & (distance >= -before), 1 + distance / (before + 1), 0)
    early = 6.75 * climb**2 * (1 - climb) * (before >= MIN_DAYS_OF_EARLY_PEAK)  # 1 at two thirds of the way
    fade = np.where((distance > 0) & (distance <= after), 1 - (distance - 1) / (after + 1), 0)
    return np.column_stack([climb, early, distance == 0, fade]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Logarithmic effects of every occurrence and part, and their covariance."""

    effect: Floats
    covariance: Floats


def _fit(common: Floats, base: tuple[Floats, Floats], days: EventDays) -> _Fitted:
    """Fit level, week and effects by penalised least squares on the logarithm, with the steps of a gamma model."""
    is_used = common > 0
    design = _Design.of(base, days)
    theta, covariance = design.start(common, is_used), np.eye(design.n_all)
    noise, smooth, scale = 0.05, 10.0, 1.0
    for step in range(_STEPS):
        jacobian, log_mean = design.linearised(theta)
        target = jacobian @ theta + np.where(is_used, np.clip(common / np.exp(log_mean) - 1, -1, 3), 0)
        between = scale * design.prior_variances(theta)
        penalty = np.concatenate([np.zeros(design.n_base), np.full(design.n_common, EFFECT_STD**-2), 1 / between])
        x, y = jacobian[is_used], target[is_used]
        if step in (2, 5):
            smooth = _best_smoothing(x, y, design.roughness, noise * penalty)
        theta, covariance, noise = _ridge(x, y, smooth * design.roughness, noise, penalty)
        squares = (theta[-design.n_own :] ** 2 + np.diag(covariance)[-design.n_own :]) / between * scale
        scale = _scale_of(squares[design.is_repeated])
    to_effect = design.to_effect
    return _Fitted(effect=to_effect @ theta, covariance=to_effect @ covariance @ to_effect.T)


def _scale_of(squares: Floats) -> float:
    """Return the variance between occurrences relative to the prior's, from their squared deviations."""
    return float((PRIOR_REPEATS + squares.sum() / N_PARTS) / (PRIOR_REPEATS + len(squares) / N_PARTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    """Parameters in order: those of level and week, those of events, deviations of occurrences from their event."""

    days: EventDays
    base: Floats
    roughness: Floats
    to_event: Floats
    is_repeated: Bools

    @classmethod
    def of(cls, base: tuple[Floats, Floats], days: EventDays) -> "_Design":
        n_own, n_events = days.design.shape[1], days.n_events
        to_event = np.zeros((n_own, N_PARTS * n_events))
        to_event[np.arange(n_own), (days.event[:, None] * N_PARTS + np.arange(N_PARTS)).ravel()] = 1
        occurrences = np.bincount(days.event, minlength=n_events)[days.event]
        is_repeated = np.repeat(occurrences > 1, N_PARTS)
        return cls(days=days, base=base[0], roughness=base[1], to_event=to_event, is_repeated=is_repeated)

    @property
    def n_base(self) -> int:
        return int(self.base.shape[1])

    @property
    def n_common(self) -> int:
        return int(self.to_event.shape[1])

    @property
    def n_own(self) -> int:
        return len(self.to_event)

    @property
    def n_all(self) -> int:
        return self.n_base + self.n_common + self.n_own

    @property
    def to_effect(self) -> Floats:
        """The matrix that makes effects of occurrences of all parameters."""
        return np.concatenate([np.zeros((self.n_own, self.n_base)), self.to_event, np.eye(self.n_own)], axis=1)

    def start(self, common: Floats, is_used: Bools) -> Floats:
        """Return parameters without any effect."""
        theta = np.zeros(self.n_all)
        theta[: self.n_base] = np.linalg.lstsq(self.base[is_used], np.log(common[is_used]), rcond=None)[0]
        return theta

    def prior_variances(self, theta: Floats) -> Floats:
        """Return the prior's variance between occurrences, which grows with the effect."""
        effect = self.to_event @ theta[self.n_base : -self.n_own]
        return np.asarray(OCCURRENCE_STD**2 + (OCCURRENCE_SHARE * effect) ** 2)

    def linearised(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of the logarithm of each period's mean, and the logarithm."""
        n_history, effect = len(self.base), self.to_effect @ theta
        jacobian = np.zeros((n_history, self.n_all))
        jacobian[:, : self.n_base] = self.base
        jacobian += self.days.gradients(effect)[:n_history] @ self.to_effect
        return jacobian, self.base @ theta[: self.n_base] + np.log(self.days.factors(effect)[:n_history])


def level_and_week(days: Floats, weekday: Ints | None) -> tuple[Floats, Floats]:
    """Return hat functions of time and days of the week, and the roughness penalty of the former."""
    begins = np.cumsum(days) - days
    spacing = max(KNOT_DAYS, KNOT_PERIODS * float(np.median(days)))
    n_knots = max(int(begins[-1] / spacing) + 1, 2)
    place = begins / max(begins[-1], 1.0) * (n_knots - 1)
    hats = np.maximum(1 - np.abs(place[:, None] - np.arange(n_knots)), 0)
    bends = np.diff(np.eye(n_knots), 2, axis=0)
    n_week = 0 if weekday is None else 6
    design = np.zeros((len(days), n_knots + n_week))
    design[:, :n_knots] = hats
    if weekday is not None:
        design[:, n_knots:] = (weekday[:, None] == np.arange(1, 7)) - (weekday[:, None] == 0).astype(np.float64)
    roughness = np.zeros((n_knots + n_week, n_knots + n_week))
    roughness[:n_knots, :n_knots] = bends.T @ bends + 1e-8 * np.eye(n_knots)
    return design, roughness


def _ridge(x: Floats, y: Floats, roughness: Floats, noise: float, penalty: Floats) -> tuple[Floats, Floats, float]:
    """Return the penalised estimate, its covariance and the variance of the noise."""
    normal = x.T @ x + np.diag(noise * penalty)
    normal[: len(roughness), : len(roughness)] += roughness
    inverse = np.linalg.pinv(normal, hermitian=True)
    theta = inverse @ (x.T @ y)
    freedom = max(len(y) - float(np.trace(inverse @ (x.T @ x))), 0.1 * len(y), 1.0)
    left = max(float(((y - x @ theta) ** 2).sum() / freedom), 1e-6)
    return theta, np.asarray(left * inverse), left


def _best_smoothing(x: Floats, y: Floats, roughness: Floats, penalty: Floats) -> float:
    """Return the weight of the roughness penalty by generalised cross-validation."""
    scores = []
    for weight in _PENALTIES:
        normal = x.T @ x + np.diag(penalty)
        normal[: len(roughness), : len(roughness)] += weight * roughness
        inverse = np.linalg.pinv(normal, hermitian=True)
        left = ((y - x @ (inverse @ (x.T @ y))) ** 2).sum()
        scores.append(left / max(len(y) - 1.2 * float(np.trace(inverse @ (x.T @ x))), 1.0) ** 2)
    return _PENALTIES[int(np.argmin(scores))]
