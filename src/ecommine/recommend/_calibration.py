"""Chances against what happened, by tenths of the chances and by part; and the step that brings them together.

The highest of thousands of scores are too high: what is shown is chosen by them. On the products that the blend would
have shown at the moments it was learned at, a logistic regression of what happened on the log-odds (Platt 1999) gives
each part a slope and an intercept, which are multiplied into its weights.

References
----------
Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods.
Advances in large margin classifiers, 61-74. MIT Press.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats, Ints
from .._stats.clustered_shares import shares_by_group
from .._stats.intervals import normal_quantile
from ._learn import Blend, Logistic, Rows, regression
from ._rank import Choice, Lists, top_lists
from ._signals.fitted import FittedSignals
from ._signals.pairs import is_stored

TENTHS = 10
LEVEL = 0.95
PARTS = ("bought before", "new")
SHOWN_K = 10
"""Places of the lists that are looked at."""
MAX_CUSTOMERS = 20_000
"""Customers whose lists the check is of."""
MAX_LEARNED = 1_500
"""Customers of each moment whose lists the slope is learned from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What would have been shown at a moment, one row per customer and place, and whether it was bought after it."""

    customer: Ints
    score: Floats
    is_bought: Bools
    happened: Bools

    @property
    def chance(self) -> Floats:
        """The predicted chance."""
        return np.asarray(1 / (1 + np.exp(-self.score)))


def shown_at(fitted: FittedSignals, blend: Blend, outcome: Any, choice: Choice, most: int) -> Shown:
    """Return what the known customers would have been shown, ``most`` of them by chance."""
    known = np.flatnonzero(fitted.history.orders > 0)
    if len(known) > most:
        known = np.sort(np.random.default_rng(0).choice(known, most, replace=False))
    lists: Lists = top_lists(fitted, blend, known, choice)
    customer = known[lists.owner]
    happened = is_stored(outcome, customer, lists.product)
    return Shown(customer=customer, score=lists.score, is_bought=lists.is_bought, happened=happened)


def recalibrated(blend: Blend, moments: Sequence[tuple[FittedSignals, Any, Bools]]) -> Blend:
    """Return the blend whose chances are right for what it would have shown at some moments.

    A moment has its signals, what was bought after it, and the products that could be shown.
    """
    new, both = (
        [
            shown_at(fitted, blend, outcome, Choice(k=SHOWN_K, repeat=repeat, allowed=allowed), MAX_LEARNED)
            for fitted, outcome, allowed in moments
        ]
        for repeat in ("exclude", "auto")
    )
    return Blend(
        bought=_corrected(blend.bought, both, is_bought=True),
        new=_corrected(blend.new, [*new, *both], is_bought=False),
    )


def _corrected(model: Logistic, shown: Sequence[Shown], *, is_bought: bool) -> Logistic:
    """Multiply the slope and intercept of what happened on the log-odds into a regression."""
    rows = Rows()
    for one in shown:
        kept = one.is_bought == is_bought
        rows.add(one.score[kept][:, None], one.happened[kept], np.ones(int(kept.sum())))
    step = regression(rows)
    if step is None or not step.coefficients[0] > 0:  # products keep their order
        return model
    slope = float(step.coefficients[0])
    return Logistic(intercept=step.intercept + slope * model.intercept, coefficients=slope * model.coefficients)


def tenths_of(chance: Floats) -> Ints:
    """Return the tenth of each chance, from 0; equal ones as they stand.

    Examples
    --------
    >>> tenths_of(np.array([0.3, 0.1, 0.2])).tolist()
    [6, 0, 3]
    """
    place = np.empty(len(chance), dtype=np.int64)
    place[np.argsort(chance, kind="stable")] = np.arange(len(chance))
    return place * TENTHS // max(len(chance), 1)


def calibration_columns(shown: Shown | None) -> dict[str, Any]:
    """Return the columns of the table: tenths, both parts, and everything; customers are the units of the limits."""
    names = ("predicted", "actual", "actual_low", "actual_high")
    if shown is None or not len(shown.score):
        whole = {"tenth": np.zeros(0, np.int64), "recommendations": np.zeros(0, np.int64)}
        return {"part": [], **whole, **dict.fromkeys(names, np.zeros(0))}
    n, customer = len(shown.score), np.unique(shown.customer, return_inverse=True)[1]
    groups = ((tenths_of(shown.chance), TENTHS), (np.where(shown.is_bought, 0, 1), 2), (np.zeros(n, np.int64), 1))
    found = [shares_by_group(group, shown.happened, size, customer, normal_quantile(LEVEL)) for group, size in groups]
    trials = np.concatenate([one.trials for one in found])
    sums = np.concatenate([np.bincount(group, shown.chance, minlength=size) for group, size in groups])
    predicted = np.where(trials > 0, sums / np.maximum(trials, 1), np.nan)
    limits = (np.concatenate([getattr(one, name) for one in found]) for name in ("share", "low", "high"))
    return {
        "part": [*["all"] * TENTHS, *PARTS, "all"],
        "tenth": [*range(1, TENTHS + 1), None, None, None],
        "recommendations": trials.astype(np.int64),
        **dict(zip(names, (predicted, *limits), strict=True)),
    }
