"""Segmentation as a scikit-learn estimator: numbers in, labels out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils import check_random_state, validation
from sklearn.utils.validation import check_is_fitted

from .._core.arrays import Floats, Ints
from .._core.checks import flag, integer
from ._groups.stability import nearest_center, one_thread, stable_clusters
from ._words import other_names

if TYPE_CHECKING:  # scikit-learn is untyped: to type checkers its base classes have no more than is used of them

    class BaseEstimator:
        """What holds parameters."""

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_params(self, **params: Any) -> Any: ...

    class ClusterMixin:
        """What finds clusters."""

        def fit_predict(self, X: Any, y: object = None) -> Ints:  # noqa: N803
            ...

else:
    from sklearn.base import BaseEstimator, ClusterMixin

MAX_STARTS = 10_000


class Segmentation(ClusterMixin, BaseEstimator):
    """K-Means whose number of clusters is chosen by the stability of the clusters.

    A scikit-learn estimator on numbers only, for use in a Pipeline with a scaler of your choice;
    :func:`ecommine.segmentation.fit` works on tables of customers.

    Parameters
    ----------
    n_clusters : "auto" or int
        "auto" takes the largest number up to 8 whose weakest cluster is as stable as that of any other number, within
        .02 of Jaccard similarity.
    n_init : int
        Starts of K-Means.
    random_state : int, RandomState or None
        Source of chance.

    Attributes
    ----------
    cluster_centers_ : array of shape (n_clusters, n_features)
    labels_ : int array of shape (n_samples,)
        From 0.
    n_clusters_ : int
    stability_ : array of shape (n_clusters,)
        Mean Jaccard similarity of each cluster to its nearest one in bootstrap samples of at most 5,000 rows.
    choices_ : dict of int to array
        The same for each number that was tried; empty where the number was given.
    n_features_in_ : int

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational Statistics & Data Analysis 52(1),
    258-271. https://doi.org/10.1016/j.csda.2006.11.025

    Examples
    --------
    >>> import numpy as np
    >>> from ecommine import segmentation
    >>> noise = np.random.default_rng(0).normal(scale=0.1, size=(90, 2))
    >>> X = noise + np.repeat([[0, 0], [3, 0], [0, 3]], 30, axis=0)
    >>> segmentation.Segmentation().fit(X).n_clusters_
    3
    """

    cluster_centers_: Any
    labels_: Ints
    n_clusters_: int
    stability_: Any
    choices_: Mapping[int, Any]

    @other_names(n_segments="n_clusters=")
    def __init__(
        self,
        n_clusters: int | Literal["auto"] = "auto",
        *,
        n_init: int = 10,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: Any, y: object = None) -> "Segmentation":  # noqa: ARG002, N803  # scikit-learn's names
        """Find the clusters.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
            Finite numbers.
        y : ignored

        Examples
        --------
        >>> from ecommine import segmentation
        >>> labels = segmentation.Segmentation(2).fit([[0.0], [0.1], [5.0], [5.1]]).labels_
        >>> bool(labels[0] == labels[1] != labels[2] == labels[3])
        True
        """
        values = self._checked(X, ensure_min_samples=2)
        random = self._random()
        n_init = integer("n_init", self.n_init, low=1, cap=MAX_STARTS)
        with one_thread():
            found = stable_clusters(values, self._number(len(values)), n_init=n_init, random=random)
        self.choices_ = {choice.n_clusters: choice.jaccard for choice in found.choices}
        self.cluster_centers_, self.labels_ = found.clusters
        self.n_clusters_ = len(self.cluster_centers_)
        self.stability_ = found.jaccard
        return self

    def predict(self, X: Any) -> Ints:  # noqa: N803
        """Return the nearest cluster of each row.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)

        Examples
        --------
        >>> from ecommine import segmentation
        >>> model = segmentation.Segmentation(2).fit([[0.0], [0.1], [5.0], [5.1]])
        >>> bool(model.predict([[4.0]])[0] == model.labels_[3])
        True
        """
        check_is_fitted(self)
        return nearest_center(self._checked(X, reset=False), self.cluster_centers_)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # as scikit-learn has it
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool
            For scikit-learn; there are no estimators inside.

        Examples
        --------
        >>> from ecommine import segmentation
        >>> segmentation.Segmentation(3).get_params()
        {'n_clusters': 3, 'n_init': 10, 'random_state': 0}
        """
        return super().get_params(flag("deep", deep))

    def _number(self, n_samples: int) -> int | None:
        """Return the number of clusters that is asked for, None where it is to be chosen."""
        if isinstance(self.n_clusters, str):
            if self.n_clusters != "auto":
                raise ValueError(f"`n_clusters` must be 'auto' or a whole number, got {self.n_clusters!r}")
            return None
        number = integer("n_clusters", self.n_clusters, low=1)
        if number > n_samples:
            raise ValueError(f"`n_clusters` is {number}, more than n_samples={n_samples}")
        return number

    def _checked(self, X: Any, **options: Any) -> Floats:  # noqa: N803
        """Return the numbers as an array; an error names them."""
        try:
            if hasattr(validation, "validate_data"):
                values: Floats = validation.validate_data(self, X, dtype=np.float64, **options)
            else:  # before scikit-learn 1.6 it was a method
                values = getattr(self, "_validate_data")(X, dtype=np.float64, **options)  # noqa: B009
        except TypeError as error:
            raise TypeError(f"`X` must be numbers: {error}") from error
        except (ValueError, OverflowError, ArithmeticError) as error:
            raise ValueError(f"`X` must be numbers: {error}") from error
        return values

    def _random(self) -> np.random.RandomState:
        try:
            random: np.random.RandomState = check_random_state(self.random_state)
        except (TypeError, ValueError) as error:
            raise ValueError(f"`random_state` must be a whole number, a RandomState or None: {error}") from error
        return random
