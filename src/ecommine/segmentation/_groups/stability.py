r"""K-Means, and how stable its clusters are.

A cluster is stable if resampled rows give it again. For each cluster :math:`C` and each bootstrap sample the most
similar cluster :math:`D` of the sample counts, by the Jaccard similarity :math:`|C \cap D| / |C \cup D|` over all rows;
its mean over the samples is the stability of the cluster (Hennig 2007).

References
----------
Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational Statistics & Data Analysis 52(1),
258-271. https://doi.org/10.1016/j.csda.2006.11.025
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..._core.arrays import Floats, Ints

MAX_CLUSTERS = 8
"""The most clusters that are tried."""
MIN_ROWS_PER_CLUSTER = 10
"""Numbers of clusters that leave fewer rows on average are not tried."""
N_SAMPLES = 20
"""Bootstrap samples for each number of clusters."""
MAX_STABILITY_ROWS = 5_000
MAX_START_ROWS = 100_000
"""Rows on which starts are compared; all are assigned."""
TOLERANCE = 0.02
"""Of several numbers whose weakest clusters are as stable but for this, the largest is taken."""
_STARTS_OF_SAMPLE = 3


class Clusters(NamedTuple):
    """Centers, and the cluster of each row."""

    centers: Floats
    labels: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """The stability of the clusters for one number of them."""

    n_clusters: int
    jaccard: Floats


def clustered(values: Floats, n_clusters: int, *, n_init: int, random: np.random.RandomState) -> Clusters:
    """Find clusters by K-Means: the best of several starts on at most 100,000 rows, to which all are assigned."""
    part = _sample(values, MAX_START_ROWS, random)
    model = _kmeans(part, n_clusters, n_init, random)
    labels = model.labels_ if len(part) == len(values) else nearest_center(values, model.cluster_centers_)
    used, labels = np.unique(labels, return_inverse=True)
    return Clusters(centers=model.cluster_centers_[used], labels=labels.astype(np.int64))


def jaccard_stability(values: Floats, clusters: Clusters, *, random: np.random.RandomState) -> Floats:
    """Return the mean Jaccard similarity of each cluster to the nearest one of bootstrap samples."""
    rows = _sample_rows(len(values), MAX_STABILITY_ROWS, random)
    part, labels = values[rows], clusters.labels[rows]
    n_clusters = len(clusters.centers)
    similarity = np.zeros((N_SAMPLES, n_clusters))
    for i in range(N_SAMPLES):
        drawn = part[random.randint(0, len(part), len(part))]
        model = _kmeans(drawn, n_clusters, _STARTS_OF_SAMPLE, random)
        similarity[i] = _nearest_jaccard(labels, nearest_center(part, model.cluster_centers_), n_clusters)
    return similarity.mean(axis=0)


def choices_of_number(values: Floats, *, n_init: int, random: np.random.RandomState) -> list[Choice]:
    """Return the stability for each number of clusters that is tried."""
    part = _sample(values, MAX_STABILITY_ROWS, random)
    distinct = len(np.unique(part, axis=0))
    most = min(MAX_CLUSTERS, len(part) // MIN_ROWS_PER_CLUSTER, distinct)
    found = []
    for n_clusters in range(2, most + 1):
        clusters = clustered(part, n_clusters, n_init=n_init, random=random)
        found.append(Choice(n_clusters=n_clusters, jaccard=jaccard_stability(part, clusters, random=random)))
    return found


def chosen_number(choices: list[Choice]) -> int:
    """Return the largest number whose weakest cluster is as stable as that of any other; 1 where none was tried.

    Examples
    --------
    >>> choices = [Choice(n_clusters=k, jaccard=np.array([1.0, j])) for k, j in ((2, 0.99), (3, 0.98), (4, 0.8))]
    >>> chosen_number(choices), chosen_number([])
    (3, 1)
    """
    if not choices:
        return 1
    weakest = np.array([choice.jaccard.min() for choice in choices])
    return choices[int(np.flatnonzero(weakest >= weakest.max() - TOLERANCE)[-1])].n_clusters


def nearest_center(values: Floats, centers: Floats) -> Ints:
    """Return the nearest center of each row, the first one where several are as near.

    Examples
    --------
    >>> nearest_center(np.array([[0.0], [4.0]]), np.array([[1.0], [5.0]])).tolist()
    [0, 1]
    """
    nearest, least = np.zeros(len(values), dtype=np.int64), np.full(len(values), np.inf)
    for i, center in enumerate(centers):
        distance = ((values - center) ** 2).sum(axis=1)
        is_nearer = distance < least
        nearest[is_nearer], least[is_nearer] = i, distance[is_nearer]
    return nearest


def _nearest_jaccard(labels: Ints, others: Ints, n_clusters: int) -> Floats:
    both = np.bincount(labels * n_clusters + others, minlength=n_clusters**2).reshape(n_clusters, n_clusters)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    similarity: Floats = (both / np.maximum(either, 1)).max(axis=1)
    return similarity


def _kmeans(values: Floats, n_clusters: int, n_init: int, random: np.random.RandomState) -> Any:
    from sklearn.cluster import KMeans

    if len(np.unique(values[:, 0])) < n_clusters:
        n_clusters = min(n_clusters, len(np.unique(values, axis=0)))
    seed = random.randint(2**31 - 1)
    with one_thread():
        return KMeans(n_clusters, n_init=n_init, random_state=seed).fit(values)


def one_thread() -> Any:
    """Keep to one thread: sums do not depend on the machine then, and many small fits do not wait for each other."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="openmp")


def _sample_rows(n: int, most: int, random: np.random.RandomState) -> Ints:
    return np.arange(n) if n <= most else np.sort(random.choice(n, most, replace=False))


def _sample(values: Floats, most: int, random: np.random.RandomState) -> Floats:
    return values[_sample_rows(len(values), most, random)]
