"""The scikit-learn estimator: its whole contract, the number of clusters, and a pipeline."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from ecommine import segmentation
from ecommine.segmentation._groups.stability import Clusters, resampled_similarity


def contract_of(estimator):
    """Return the mark of the checks of an estimator; older scikit-learn gives a generator, which pytest refuses."""
    mark = parametrize_with_checks([estimator])
    names, checks = mark.args
    return pytest.mark.parametrize(names, list(checks), **mark.kwargs)


@contract_of(segmentation.Segmentation(2, n_init=2))
def test_the_contract(estimator, check):
    check(estimator)


@pytest.mark.parity
@contract_of(segmentation.Segmentation())
def test_the_contract_with_a_chosen_number(estimator, check):
    check(estimator)


@pytest.mark.parametrize("n_clusters", [2, 3, 5])
def test_blobs_are_counted(n_clusters):
    centers = 8 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 2]])[:n_clusters]
    values, truth = make_blobs(60 * n_clusters, centers=centers, random_state=0)
    model = segmentation.Segmentation().fit(values)
    assert model.n_clusters_ == n_clusters
    assert adjusted_rand_score(truth, model.labels_) > 0.98
    assert model.stability_.min() > 0.95
    assert set(model.choices_) == set(range(2, 9))
    assert (model.predict(values) == model.labels_).all()


def test_a_pipeline_and_the_same_numbers_again():
    values, _ = make_blobs(90, centers=3, random_state=1)
    pipeline = make_pipeline(StandardScaler(), segmentation.Segmentation(3))
    assert (pipeline.fit_predict(values) == pipeline.fit_predict(values)).all()


def test_too_few_rows_for_a_choice_are_one_cluster():
    assert segmentation.Segmentation().fit(np.arange(10.0)[:, None]).n_clusters_ == 1


@pytest.mark.filterwarnings("error")
def test_equal_rows_are_one_cluster():
    model = segmentation.Segmentation(3).fit(np.ones((30, 2)))
    assert (model.n_clusters_, set(model.labels_.tolist())) == (1, {0})


def test_a_cluster_that_is_cut_at_random_is_less_stable():
    rng = np.random.default_rng(0)
    values = np.r_[rng.normal(size=(200, 2)), rng.normal(20, 1, size=(50, 2))]
    labels = np.r_[(values[:200, 0] > 0).astype(int), np.full(50, 2)]
    centers = np.array([values[labels == i].mean(axis=0) for i in range(3)])
    random = np.random.RandomState(0)
    stability = resampled_similarity(values, Clusters(centers=centers, labels=labels), random=random).mean(axis=0)
    assert stability[2] > 0.99
    assert stability[:2].max() < 0.95


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"n_clusters": "many"}, "n_clusters"), ({"n_clusters": 0}, "n_clusters"), ({"n_clusters": 50}, "n_clusters"),
     ({"n_init": 0}, "n_init"), ({"random_state": "a"}, "random_state")],
)  # fmt: skip
def test_options_that_do_not_fit_are_named(options, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        segmentation.Segmentation(**options).fit(np.arange(20.0)[:, None])
