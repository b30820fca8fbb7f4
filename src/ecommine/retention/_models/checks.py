"""Predictions of earlier moments against what happened: by band one horizon ago, of the flagged over a year."""

from dataclasses import dataclass
from itertools import count

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import divide, sums_by_group
from ..._stats.clusters import clustered_sample_size
from ..._stats.intervals import normal_quantile, wilson_interval
from .._read.days import CustomerDays
from .frequent import STEP, Frequent, learn_rates, learn_return
from .quiet import UNUSUAL

BANDS = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
"""Limits of predicted probabilities."""
ALL, FLAGGED = -2, -1
"""The rows after those of the bands."""
MAX_MOMENTS = 12
"""Earlier moments at which flagged customers are looked at: with a horizon of a month, one year."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checks:
    """Predicted against actual shares: by band, of all frequent customers, and of flagged ones; no rows if unknown."""

    flagged: Bools
    band_low: Floats
    band_high: Floats
    moments: Ints
    customers: Ints
    predicted: Floats
    actual: Floats
    actual_low: Floats
    actual_high: Floats

    @property
    def verdict(self) -> list[str | None]:
        """Whether the predictions agree with what happened."""
        too = np.where(self.predicted > self.actual_high, 1, np.where(self.predicted < self.actual_low, -1, 0))
        words = {0: "agrees", 1: "too_high", -1: "too_low"}
        return [words[one] if n else None for one, n in zip(too.tolist(), self.customers.tolist(), strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moment:
    """What was predicted of frequent customers at the end of a day, and who of them bought within the horizon."""

    customer: Ints
    flagged: Bools
    predicted: Floats
    bought: Bools


def check_predictions(days: CustomerDays, horizon: int, least: int, level: float) -> Checks:
    """Predict at earlier moments, with what was known then, and compare with what happened."""
    moments = _moments(days, horizon, least)
    if not moments:
        nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
        parts = dict.fromkeys(("band_low", "band_high", "predicted", "actual", "actual_low", "actual_high"), nothing)
        return Checks(flagged=none > 0, moments=none, customers=none, **parts)
    last, n_bands = moments[0], len(BANDS) - 1
    band = np.clip(np.searchsorted(BANDS, last.predicted, side="right") - 1, 0, n_bands - 1)
    in_bands = [sums_by_group(band, values, n_bands) for values in (np.ones(len(band)), last.predicted, last.bought)]
    customer, predicted, bought = (
        np.concatenate([getattr(one, name)[one.flagged] for one in moments])
        for name in ("customer", "predicted", "bought")
    )
    flagged = (len(customer), predicted.sum(), bought.sum())
    n, expected, actual = (
        np.array([*values, values.sum(), one]) for values, one in zip(in_bands, flagged, strict=True)
    )
    share, size = divide(actual, n), n.copy()
    if len(customer):  # who stays silent is flagged at several moments
        size[FLAGGED] = clustered_sample_size(share[FLAGGED], bought - share[FLAGGED], customer, n[FLAGGED])
    low, high = wilson_interval(share, size, normal_quantile(level))
    return Checks(
        flagged=np.arange(len(n)) == len(n) - 1,
        band_low=np.append(BANDS[:-1], [0.0, 0.0]),
        band_high=np.append(BANDS[1:], [1.0, 1.0]),
        moments=np.where(np.arange(len(n)) == len(n) - 1, len(moments), 1),
        customers=n.astype(np.int64),
        predicted=divide(expected, n),
        actual=share,
        actual_low=low,
        actual_high=high,
    )


def _moments(days: CustomerDays, horizon: int, least: int) -> list[_Moment]:
    """Go back one horizon, or a month where that is longer, at a time, as far as there is history to learn from."""
    found: list[_Moment] = []
    for step in count():
        then = days.today - horizon - step * max(horizon, STEP)
        chance = learn_return(days, then, horizon, least) if step < MAX_MOMENTS else None
        if chance is None:
            return found
        known = Frequent.at(days, then, least)
        found.append(
            _Moment(
                customer=known.position,
                flagged=learn_rates(days, then).silence_p(known.gaps, known.span, known.silence) < UNUSUAL,
                predicted=chance.predict(known.features()),
                bought=known.bought_within(days, then, horizon),
            )
        )
    return found
