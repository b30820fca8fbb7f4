"""How the effect of an event on each product differs from that on all, drawn to it by as much as products are alike."""

from dataclasses import dataclass

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, divide
from ..._stats.shrinkage import variance_between
from .event_effects import EventEffects

MIN_SERIES = 5
"""Series below which products are taken as alike: too few to learn how they differ."""
_SURROUNDING = 8
"""Times its own length around an event that show the level of a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviations:
    """Factors of products at full effect of an event, and the variances of their logarithms.

    Attributes
    ----------
    ratio, log_variance : float arrays of shape (n_series, n_events)
    strength : float array of shape (n_events, n_all_periods)
        Share of the full effect in a period, in [0, 1].
    """

    ratio: Floats
    log_variance: Floats
    strength: Floats

    def factors(self, periods: slice) -> tuple[Floats, Floats]:
        """Return the factor of each series in some of all periods, and the variance of its logarithm."""
        strength = self.strength[:, periods]
        factor, variance = (
            np.ones((len(self.ratio), strength.shape[1])),
            np.zeros((len(self.ratio), strength.shape[1])),
        )
        for event in np.flatnonzero(strength.any(axis=1)):
            factor *= 1 + (self.ratio[:, [event]] - 1) * strength[event]
            variance += self.log_variance[:, [event]] * strength[event] ** 2
        return factor, variance


def deviations_of_products(
    demand: Floats, common: Floats, weight: Floats, days: Floats, effects: EventEffects
) -> Deviations:
    """Estimate how the effects of events on products differ.

    Parameters
    ----------
    demand : float array of shape (n_series, n_periods)
    common : float array of shape (n_periods,)
        Factor that all share, with the events in it.
    weight : float array of shape (n_series,)
        One over the dispersion of each series.
    days : float array of shape (n_periods,)
    effects : EventEffects
    """
    n_series, n_history = demand.shape
    log_effect = np.abs(np.log(effects.of_event))
    strength = divide(log_effect, log_effect[:, :n_history].max(axis=1, keepdims=True))
    strength = np.clip(np.nan_to_num(strength), 0, 1)
    ratio, variance = np.ones((n_series, len(strength))), np.zeros((n_series, len(strength)))
    if n_series >= MIN_SERIES:
        is_ordinary = strength[:, :n_history].max(axis=0, initial=0) < 0.05
        for event, its in enumerate(strength[:, :n_history]):
            ratio[:, event], variance[:, event] = _of_event(demand, common * days, weight, its, is_ordinary)
    return Deviations(ratio=ratio, log_variance=variance, strength=strength)


def _of_event(
    demand: Floats, shape: Floats, weight: Floats, strength: Floats, is_ordinary: Bools
) -> tuple[Floats, Floats]:
    inside = np.flatnonzero(strength > 0)
    reach = _SURROUNDING * max(_longest_run(inside), 1)
    near = np.flatnonzero(_within(len(strength), inside, reach) & is_ordinary)
    units, expected = _weighted_sums(demand[:, inside], shape[inside], strength[inside])
    units_near, expected_near = _weighted_sums(demand[:, near], shape[near], np.ones(len(near)))
    rate = np.nan_to_num(divide(units_near, expected_near))
    expected_units = rate * expected
    worth = weight / (1 + np.nan_to_num(divide(expected, expected_near)))
    events = np.where(expected_units > 0, units * worth, 0)
    exposure = expected_units * worth
    if exposure.sum() <= 0:
        return np.ones(len(demand)), np.zeros(len(demand))
    exposure = exposure * events.sum() / exposure.sum()
    own = np.divide(events, exposure, out=np.ones(len(events)), where=exposure > 0)
    spread = max(variance_between(own, exposure, 1.0, 1.0), 1e-6)
    return (events + 1 / spread) / (exposure + 1 / spread), 1 / (events + 1 / spread)


def _weighted_sums(demand: Floats, shape: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the units of known periods, and what they are proportional to, each period with its weight."""
    is_known = ~np.isnan(demand)
    return np.where(is_known, demand, 0) @ weight, is_known @ (np.nan_to_num(shape) * weight)


def _longest_run(inside: Ints) -> int:
    cuts = np.flatnonzero(np.diff(inside) > 1)
    return int(np.diff(np.concatenate([[-1], cuts, [len(inside) - 1]])).max()) if len(inside) else 0


def _within(n: int, inside: Ints, reach: int) -> Bools:
    """Return which periods lie within a reach of some."""
    steps = np.zeros(n + 1)
    np.add.at(steps, np.maximum(inside - reach, 0), 1)
    np.add.at(steps, np.minimum(inside + reach + 1, n), -1)
    return np.cumsum(steps[:n]) > 0
