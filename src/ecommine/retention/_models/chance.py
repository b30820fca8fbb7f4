"""A probability learned at earlier moments of the same shop: logistic regression on a handful of features."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats

MIN_CASES = 100
MIN_OF_EACH = 10
"""Cases with and without the event, below which nothing is learned."""
PENALTY = 1.0
"""Inverse strength of the ridge penalty on standardised features, as scikit-learn counts it."""


def one_thread() -> Any:
    """Keep linear algebra to one thread: in many small fits threads wait for each other far longer than they work."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chance:
    """A fitted logistic regression; features beyond those it was learned on are taken for the nearest of these.

    Attributes
    ----------
    center, spread, low, high, weight : float arrays of shape (n_features,)
    intercept : float
    n : int
        Cases it was learned on.
    """

    center: Floats
    spread: Floats
    low: Floats
    high: Floats
    weight: Floats
    intercept: float
    n: int

    @classmethod
    def learn(cls, features: Floats, event: Bools) -> "Chance | None":
        """Fit the regression; None where there are too few cases of either kind.

        Examples
        --------
        >>> x = np.linspace(-1, 1, 400)[:, None]
        >>> chance = Chance.learn(x, x[:, 0] + np.tile([-0.5, 0.5], 200) > 0)
        >>> chance.predict(np.array([[-0.9], [0.0], [0.9]])).round(1).tolist()
        [0.1, 0.5, 0.9]
        """
        n_events = int(event.sum())
        if len(event) < MIN_CASES or min(n_events, len(event) - n_events) < MIN_OF_EACH:
            return None
        from sklearn.linear_model import LogisticRegression

        center, spread = features.mean(axis=0), features.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        model = LogisticRegression(C=PENALTY, solver="newton-cholesky", max_iter=100)
        model.fit((features - center) / spread, event)
        return cls(
            center=center,
            spread=spread,
            low=features.min(axis=0),
            high=features.max(axis=0),
            weight=model.coef_[0],
            intercept=float(model.intercept_[0]),
            n=len(event),
        )

    def predict(self, features: Floats) -> Floats:
        """Return the probability of each case."""
        from scipy.special import expit

        inside = np.clip(features, self.low, self.high)
        inside -= self.center
        inside /= self.spread
        return np.asarray(expit(inside @ self.weight + self.intercept))
