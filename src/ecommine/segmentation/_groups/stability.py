r"""K-Means, and how stable its clusters are.

A cluster is stable if resampled rows give it again. For each cluster :math:`C` and each bootstrap sample the most
similar cluster :math:`D` of the sample counts, by the Jaccard similarity :math:`|C \cap D| / |C \cup D|` over all rows;
its mean over the samples is the stability of the cluster (Hennig 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.checks import integer

MAX_CLUSTERS = 8
"""The most clusters that are tried."""
MIN_ROWS_PER_CLUSTER = 10
"""Numbers of clusters that leave fewer rows on average are not tried."""
N_SAMPLES = 20
"""Bootstrap samples for each number of clusters."""
MAX_STABILITY_ROWS = 5_000
"""Rows on which starts and numbers of clusters are compared."""
MAX_START_ROWS = 100_000
"""Rows on which the best start goes on; all are assigned."""
TOLERANCE = 0.02
"""Of several numbers whose weakest clusters are as stable but for this, the largest is taken."""
N_REDRAWS = 200
MIN_SHARE_OF_REDRAWS = 0.05
"""Of choices by resampled similarities, from which another number of clusters is named."""
_STARTS_OF_SAMPLE = 3


class Clusters(NamedTuple):
    """Centers, and the cluster of each row."""

    centers: Floats
    labels: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """One number of clusters: their centers, and their similarity to the nearest one of each bootstrap sample."""

    centers: Floats
    similarity: Floats

    @property
    def n_clusters(self) -> int:
        """The number of clusters."""
        return len(self.centers)

    @property
    def jaccard(self) -> Floats:
        """The stability of each cluster."""
        mean: Floats = self.similarity.mean(axis=0)
        return mean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StableClusters:
    """Clusters with their stability, the numbers of clusters that were tried, and those of other draws of chance."""

    clusters: Clusters
    jaccard: Floats
    choices: list[Choice]
    alternatives: tuple[int, ...]


def stable_clusters(
    values: Floats, n_clusters: int | None, *, n_init: int, random: np.random.RandomState
) -> StableClusters:
    """Find so many clusters, or the most that are stable, with the stability of each.

    Starts and numbers are compared on at most 5,000 rows; the best goes on from there on at most 100,000.
    """
    part = _sample(values, max(MAX_STABILITY_ROWS, MIN_ROWS_PER_CLUSTER * (n_clusters or 0)), random)
    numbers = _numbers_to_try(part) if n_clusters is None else [n_clusters]
    choices = [_choice(part, number, n_init, random) for number in numbers or [1]]
    chosen = choices[chosen_index([choice.jaccard.min() for choice in choices])]
    centers = chosen.centers
    if len(part) < len(values):
        rows = _sample(values, max(MAX_START_ROWS, len(part)), random)
        centers = _kmeans(rows, len(centers), 1, random, init=centers).cluster_centers_
    used, labels = np.unique(nearest_center(values, centers), return_inverse=True)
    return StableClusters(
        clusters=Clusters(centers=centers[used], labels=labels.astype(np.int64)),
        jaccard=chosen.jaccard[used],
        choices=choices if n_clusters is None and numbers else [],
        alternatives=alternative_numbers(choices, chosen.n_clusters, random),
    )


def _numbers_to_try(part: Floats) -> list[int]:
    distinct = len(np.unique(part, axis=0))
    return [*range(2, min(MAX_CLUSTERS, len(part) // MIN_ROWS_PER_CLUSTER, distinct) + 1)]


def _choice(part: Floats, n_clusters: int, n_init: int, random: np.random.RandomState) -> Choice:
    clusters = clustered(part, n_clusters, n_init=n_init, random=random)
    return Choice(centers=clusters.centers, similarity=resampled_similarity(part, clusters, random=random))


def clustered(values: Floats, n_clusters: int, *, n_init: int, random: np.random.RandomState) -> Clusters:
    """Find clusters by K-Means, the best of several starts; those that are left empty go."""
    model = _kmeans(values, n_clusters, n_init, random)
    used, labels = np.unique(model.labels_, return_inverse=True)
    return Clusters(centers=model.cluster_centers_[used], labels=labels.astype(np.int64))


def resampled_similarity(values: Floats, clusters: Clusters, *, random: np.random.RandomState) -> Floats:
    """Return the Jaccard similarity of each cluster to the nearest one of each bootstrap sample, a row each."""
    n_clusters = len(clusters.centers)
    similarity = np.zeros((N_SAMPLES, n_clusters))
    for i in range(N_SAMPLES):
        drawn = values[random.randint(0, len(values), len(values))]
        model = _kmeans(drawn, n_clusters, _STARTS_OF_SAMPLE, random)
        others = nearest_center(values, model.cluster_centers_)
        similarity[i] = _nearest_jaccard(clusters.labels, others, n_clusters)
    return similarity


def chosen_index(weakest: Sequence[float]) -> int:
    """Return the last of the numbers of clusters whose weakest cluster is as stable as that of any other.

    Examples
    --------
    >>> chosen_index([0.99, 0.98, 0.8])
    1
    """
    stable = np.asarray(weakest)
    return int(np.flatnonzero(stable >= stable.max() - TOLERANCE)[-1])


def alternative_numbers(choices: list[Choice], chosen: int, random: np.random.RandomState) -> tuple[int, ...]:
    """Return the other numbers that a choice by other bootstrap samples comes to in five of a hundred cases."""
    counts = np.zeros(len(choices), dtype=np.int64)
    for _ in range(N_REDRAWS):
        rows = random.randint(0, N_SAMPLES, N_SAMPLES)
        counts[chosen_index([choice.similarity[rows].mean(axis=0).min() for choice in choices])] += 1
    often = np.flatnonzero(counts >= MIN_SHARE_OF_REDRAWS * N_REDRAWS)
    return tuple(choices[i].n_clusters for i in often if choices[i].n_clusters != chosen)


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


def _kmeans(
    values: Floats, n_clusters: int, n_init: int, random: np.random.RandomState, init: Any = "k-means++"
) -> Any:
    from sklearn.cluster import KMeans

    if isinstance(init, str) and len(np.unique(values[:, 0])) < n_clusters:
        n_clusters = min(n_clusters, len(np.unique(values, axis=0)))
    seed = random.randint(2**31 - 1)
    return KMeans(n_clusters, init=init, n_init=n_init, random_state=seed).fit(values)


def seed_of(rng: int | np.random.Generator) -> int:
    """Return a seed for scikit-learn, which takes no Generator."""
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**31))
    return integer("rng", rng, low=0, high=2**32 - 1)


def one_thread() -> Any:
    """Keep K-Means to one thread: sums do not depend on the machine then, and small fits do not wait for each other.

    OpenMP has a limit for each thread of Python, so that calls in several threads do not disturb each other. It takes
    milliseconds to find the library, so the limit goes around all fits of a call.
    """
    import sklearn.cluster  # noqa: F401  # its library must be there to be found
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="openmp")


def _sample(values: Floats, most: int, random: np.random.RandomState) -> Floats:
    return values if len(values) <= most else values[np.sort(random.choice(len(values), most, replace=False))]
