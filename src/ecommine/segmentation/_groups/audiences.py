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
    """One size of audience with what it captures."""

    audience: str
    size: float
    customers: int
    seeds: int
    captured: int
    low: float
    high: float

    @property
    def capture(self) -> float:
        """The share of held-out seeds that score as high as the audience."""
        return self.captured / self.seeds


def out_of_fold_scores(matrix: Floats, is_seed: Bools, seed: int) -> Floats:
    """Return the score of each customer by a model that was fitted without them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    with one_thread():
        scores = cross_val_predict(
            LogisticRegression(max_iter=1_000), matrix, is_seed, cv=folds, method="predict_proba"
        )
    return np.asarray(scores[:, 1], dtype=np.float64)


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
            )
        )
        for row in ranked[:count]:
            audience[row] = audience[row] or name
    return tuple(found), audience


def captured_seeds(seeds: Floats, ranked: Floats, count: int) -> int:
    """Return how many seeds score as high as the audience; of those at its limit as large a part as of the others."""
    limit = ranked[count - 1]
    above = int((seeds > limit).sum())
    at_limit, tied = int((seeds == limit).sum()), int((ranked == limit).sum())
    taken = count - int((ranked > limit).sum())
    return above + round(at_limit * taken / tied)


def auc_of(score: Floats, is_seed: Bools) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_seed, score))
