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

from ..._core.arrays import Bools, Floats, Ints
from .._calendar import Calendar
from .._periods import Periods

EFFECT_STD = 1.0
"""Standard deviation of the logarithm of an effect before it is seen."""
OCCURRENCE_STD, OCCURRENCE_SHARE = 0.1, 0.25
"""Standard deviation between occurrences of an event, and its part that grows with the effect, before any repeat."""
PRIOR_REPEATS = 4.0
"""Repeats of events that these two count for."""
KNOT_DAYS, KNOT_PERIODS = 56.0, 6
_PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
_STEPS = 12
_N_PARTS = 4
MIN_DAYS_OF_EARLY_PEAK = 7
"""Days before an event from which on demand may be highest some days earlier, as before Spring Festival."""
_DAY = np.timedelta64(1, "D")


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
    names : list of str
        Events that were seen, in the order of ``of_event``.
    n_seen : dict of str to int
        Days of each event of the calendar within the history.
    """

    factor: Floats
    of_event: Floats
    log_std: Floats
    names: list[str]
    n_seen: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Days:
    """The design of all days: a row per day, four columns per occurrence, which belong to events in order."""

    period: Ints
    design: Floats
    event: Ints
    in_history: Bools


def event_effects(common: Floats, history: Periods, horizon: Periods, calendar: Calendar) -> EventEffects:
    """Estimate the effects of events from the common factor of all products.

    Parameters
    ----------
    common : float array of shape (n_history,)
        NaN where not known.
    history, horizon : Periods
        Dated ones.
    calendar : Calendar
    """
    n_all = len(history) + len(horizon)
    n_seen = _times_seen(calendar, history)
    names = sorted(name for name, count in n_seen.items() if count)
    days = _days(calendar, history, horizon, names)
    if not names or not days.design.shape[1]:
        return EventEffects(factor=np.ones(n_all), of_event=np.ones((0, n_all)), log_std=np.zeros(n_all), names=[],
                            n_seen=n_seen)  # fmt: skip
    fitted = _fit(common, history, days, len(names))
    factor = _period_means(days, np.exp(days.design @ fitted.effect), n_all)
    of_event = np.stack([_alone(days, fitted.effect, event, n_all) for event in range(len(names))])
    slopes = _gradients(days, fitted.effect, n_all)
    variance = np.einsum("ti,ij,tj->t", slopes, fitted.covariance, slopes)
    return EventEffects(factor=factor, of_event=of_event, log_std=np.sqrt(variance), names=names, n_seen=n_seen)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Logarithmic effects of every occurrence and part, and their covariance."""

    effect: Floats
    covariance: Floats


def _times_seen(calendar: Calendar, history: Periods) -> dict[str, int]:
    """Count the days of each event within the history."""
    end = history.following(1).starts[0]
    inside = (calendar.day >= history.starts[0]) & (calendar.day < end)
    return {str(name): int(inside[calendar.event == name].sum()) for name in dict.fromkeys(calendar.event)}


def _days(calendar: Calendar, history: Periods, horizon: Periods, names: list[str]) -> _Days:
    starts = np.concatenate([history.starts, horizon.starts])
    end = horizon.following(1).starts[0]
    day = np.arange(starts[0], end, _DAY)
    code = {name: i for i, name in enumerate(names)}
    columns, events = [], []
    for event, at, before, after in zip(calendar.event, calendar.day, calendar.before, calendar.after, strict=True):
        parts = _parts(((day - at) / _DAY), int(before), int(after))
        if event in code and parts.any():
            columns.append(parts)
            events.append(code[event])
    return _Days(
        period=np.searchsorted(starts, day, side="right") - 1,
        design=np.concatenate(columns, axis=1) if columns else np.zeros((len(day), 0)),
        event=np.array(events, dtype=np.int64),
        in_history=day < horizon.starts[0],
    )


def _parts(distance: Any, before: int, after: int) -> Floats:
    """Return climb and early peak before an event, the day itself and the fade after it, for days so far from it."""
    climb = np.where((distance < 0) & (distance >= -before), 1 + distance / (before + 1), 0)
    early = 6.75 * climb**2 * (1 - climb) * (before >= MIN_DAYS_OF_EARLY_PEAK)  # 1 at two thirds of the way
    fade = np.where((distance > 0) & (distance <= after), 1 - (distance - 1) / (after + 1), 0)
    return np.column_stack([climb, early, distance == 0, fade]).astype(np.float64)


def _period_means(days: _Days, values: Floats, n_all: int) -> Floats:
    length = np.bincount(days.period, minlength=n_all)
    return np.asarray(np.bincount(days.period, weights=values, minlength=n_all) / length)


def _alone(days: _Days, effect: Floats, event: int, n_all: int) -> Floats:
    is_its = np.repeat(days.event == event, _N_PARTS)
    return _period_means(days, np.exp(days.design @ np.where(is_its, effect, 0)), n_all)


def _gradients(days: _Days, effect: Floats, n_all: int) -> Floats:
    """Return the derivatives of the logarithm of each period's factor by the effects."""
    on_day = np.exp(days.design @ effect)
    sums = np.zeros((n_all, days.design.shape[1]))
    np.add.at(sums, days.period, on_day[:, None] * days.design)
    total = np.bincount(days.period, weights=on_day, minlength=n_all)
    return np.asarray(sums / total[:, None])


def _fit(common: Floats, history: Periods, days: _Days, n_events: int) -> _Fitted:
    """Fit level, week and effects by penalised least squares on the logarithm, with the steps of a gamma model."""
    is_used = common > 0
    design = _Design.of(history, days, n_events)
    theta, covariance = design.start(common, is_used), np.eye(design.n_all)
    noise, smooth, scale = 0.05, 10.0, 1.0
    for step in range(_STEPS):
        jacobian, log_mean = design.linearised(theta)
        target = jacobian @ theta + np.where(is_used, np.clip(common / np.exp(log_mean) - 1, -1, 3), 0)
        between = scale * design.variance_between(theta)
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
    return float((PRIOR_REPEATS + squares.sum() / _N_PARTS) / (PRIOR_REPEATS + len(squares) / _N_PARTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    """Parameters in order: those of level and week, those of events, deviations of occurrences from their event."""

    days: _Days
    base: Floats
    roughness: Floats
    to_event: Floats
    is_repeated: Bools

    @classmethod
    def of(cls, history: Periods, days: _Days, n_events: int) -> "_Design":
        base, roughness = _base_design(history)
        n_own = days.design.shape[1]
        to_event = np.zeros((n_own, _N_PARTS * n_events))
        to_event[np.arange(n_own), (days.event[:, None] * _N_PARTS + np.arange(_N_PARTS)).ravel()] = 1
        occurrences = np.bincount(days.event, minlength=n_events)[days.event]
        is_repeated = np.repeat(occurrences > 1, _N_PARTS)
        return cls(days=days, base=base, roughness=roughness, to_event=to_event, is_repeated=is_repeated)

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

    def variance_between(self, theta: Floats) -> Floats:
        """Return the prior's variance between occurrences, which grows with the effect."""
        effect = self.to_event @ theta[self.n_base : -self.n_own]
        return np.asarray(OCCURRENCE_STD**2 + (OCCURRENCE_SHARE * effect) ** 2)

    def linearised(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of the logarithm of each period's mean, and the logarithm."""
        n_history, effect = len(self.base), self.to_effect @ theta
        n_all = int(self.days.period.max()) + 1
        jacobian = np.zeros((n_history, self.n_all))
        jacobian[:, : self.n_base] = self.base
        jacobian += _gradients(self.days, effect, n_all)[:n_history] @ self.to_effect
        factor = _period_means(self.days, np.exp(self.days.design @ effect), n_all)[:n_history]
        return jacobian, self.base @ theta[: self.n_base] + np.log(factor)


def _base_design(history: Periods) -> tuple[Floats, Floats]:
    """Return hat functions of time and days of the week, and the roughness penalty of the former."""
    begins = np.cumsum(history.days) - history.days
    spacing = max(KNOT_DAYS, KNOT_PERIODS * float(np.median(history.days)))
    n_knots = max(int(begins[-1] / spacing) + 1, 2)
    place = begins / max(begins[-1], 1.0) * (n_knots - 1)
    hats = np.maximum(1 - np.abs(place[:, None] - np.arange(n_knots)), 0)
    bends = np.diff(np.eye(n_knots), 2, axis=0)
    n_week = 6 if history.every == "1d" else 0
    design = np.zeros((len(history), n_knots + n_week))
    design[:, :n_knots] = hats
    if n_week:
        weekday = (history.starts.astype("datetime64[D]").astype(np.int64) + 3) % 7
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
