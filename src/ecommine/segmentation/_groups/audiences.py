"""Audiences by likeness to seeds: scores out of fold, the smallest audience of each customer, and what it captures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.intervals import normal_quantile, wilson_interval

AUDIENCES = ("narrow", "balanced", "broad")
SEED = "seed"
N_FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSize:
    """One size of audience with what it captures, and how many score as its last one but are not in it."""

    audience: str
    size: float
    customers: int
    seeds: int
    captured: int
    low: float
    high: float
    left_tied: int

    @property
    def capture(self) -> float:
        """The share of held-out seeds that score as high as the audience."""
        return self.captured / self.seeds


def out_of_fold_scores(matrix: Floats, is_seed: Bools, seed: int) -> tuple[Floats, float]:
    """Return each customer's rank among the others that the same model scored, fitted without them, and the AUC.

    Seeds of one fold pull the models of all other folds but not their own: ranked over all folds at once, fewer seeds
    of pure noise than others are at the top. So folds are ranked one by one and then take turns.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    score, share_below = np.empty(len(matrix)), np.empty(len(matrix))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    for turn, (learning, held) in enumerate(folds.split(matrix, is_seed)):
        model = LogisticRegression(solver="newton-cholesky", max_iter=1_000).fit(matrix[learning], is_seed[learning])
        values = model.decision_function(matrix[held]).round(12)
        others = np.sort(values[~is_seed[held]])
        below, up_to = (np.searchsorted(others, values, side) for side in ("left", "right"))
        score[held] = ranks(below, up_to, len(others), turn / N_FOLDS)
        share_below[held] = (below + up_to) / (2 * len(others))
    return score, float(share_below[is_seed].mean())


def ranks(below: Ints, up_to: Ints, n_others: int, offset: float) -> Floats:
    """Return ranks between 0 and 1, from the numbers of others who score less, and as much or less.

    Equal scores have their mean rank. One that no other has comes right above the next lower one: whether it is among
    the highest so many does not depend on other folds, whose ranks lie between these by their offset.

    Examples
    --------
    >>> (ranks(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 3]), 3, 0.0) * 5).round(2).tolist()
    [0.1, 1.0, 1.1, 2.5]
    """
    rank = np.where(up_to > below, (below + up_to + 1) / 2, below + 0.5 / N_FOLDS)
    return np.asarray((rank + offset) / (n_others + 2), dtype=np.float64)


def audiences_of(
    score: Floats, is_seed: Bools, sizes: Sequence[float], level: float
) -> tuple[tuple[AudienceSize, ...], list[str | None]]:
    """Return what each size captures, and the smallest audience of each customer."""
    others = np.flatnonzero(~is_seed)
    ranked = others[np.argsort(-score[others], kind="stable")]
    seeds, z = score[is_seed], normal_quantile(level)
    audience: list[str | None] = [SEED if chosen else None for chosen in is_seed]
    found = []
    for name, size in zip(AUDIENCES, sizes, strict=True):
        count = max(round(size * len(others)), 1)
        captured = captured_seeds(seeds, score[ranked], count)
        low, high = wilson_interval(captured / len(seeds), len(seeds), z)
        found.append(
            AudienceSize(
                audience=name,
                size=count / len(others),
                customers=count,
                seeds=len(seeds),
                captured=captured,
                low=float(low),
                high=float(high),
                left_tied=int((score[others] == score[ranked[count - 1]]).sum() - _taken(score[ranked], count)),
            )
        )
        for row in ranked[:count]:
            audience[row] = audience[row] or name
    return tuple(found), audience


def captured_seeds(seeds: Floats, ranked: Floats, count: int) -> int:
    """Return how many seeds score as high as the audience; of those at its limit as large a part as of the others."""
    limit = ranked[count - 1]
    above, at_limit = int((seeds > limit).sum()), int((seeds == limit).sum())
    return above + round(at_limit * _taken(ranked, count) / int((ranked == limit).sum()))


def _taken(ranked: Floats, count: int) -> int:
    """Return how many of those with the score of the last one are in the audience."""
    return count - int((ranked > ranked[count - 1]).sum())
