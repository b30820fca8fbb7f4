"""Audiences by likeness to seeds: scores out of fold, the smallest audience of each customer, and what it captures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats
from ..._stats.intervals import normal_quantile, wilson_interval
from .stability import one_thread

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


def out_of_fold_scores(matrix: Floats, is_seed: Bools, seed: int) -> Floats:
    """Return the rank of each customer among the others that the same model scored, which was fitted without them.

    Ranks within folds: seeds of one fold pull the models of all other folds but not their own, so that of raw scores
    of pure noise fewer seeds than others would be at the top.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    score = np.empty(len(matrix))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    with one_thread():
        for learning, held in folds.split(matrix, is_seed):
            model = LogisticRegression(max_iter=1_000).fit(matrix[learning], is_seed[learning])
            score[held] = share_below(model.decision_function(matrix[held]).round(12), is_seed[held])
    return score


def share_below(values: Floats, is_seed: Bools) -> Floats:
    """Return the share of the others who have less, and half of those who have the same.

    Examples
    --------
    >>> share_below(np.array([1.0, 2.0, 2.5, 9.0]), np.array([False, False, True, False])).round(2).tolist()
    [0.17, 0.5, 0.67, 0.83]
    """
    others = np.sort(values[~is_seed])
    ranks = np.searchsorted(others, values) + np.searchsorted(others, values, side="right")
    shares: Floats = ranks / (2 * len(others))
    return shares


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
