"""Variances from clusters, design effects, effective sample sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS

from ecommine._stats import clusters
from ecommine._stats.intervals import cluster_quantile, normal_quantile, wilson_interval

VALUES = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 5), st.integers(0, 6)), min_size=2, max_size=30)


def columns(rows):
    values, weights, cluster = zip(*rows, strict=True)
    return np.array(values), np.array(weights), np.array(cluster)


def beta_binomial(rng, runs, n_clusters, size, mean, correlation):
    """Draw successes by cluster, of shape (runs, n_clusters), with the given correlation within clusters."""
    strength = 1 / correlation - 1
    chances = rng.beta(mean * strength, (1 - mean) * strength, (runs, n_clusters))
    return rng.binomial(size, chances)


def test_effective_sample_sizes_by_hand():
    share, variance = np.array([0.2, 0.2, 0.0, 1.0, np.nan]), np.array([0.16 / 50, 0.0, 0.1, 0.1, np.nan])
    assert clusters.effective_sample_size(share, variance, 7).tolist() == pytest.approx([50, 7, 7, 7, 7])
    assert float(clusters.effective_sample_size(0.5, 0.25 / 12, 3.0)) == pytest.approx(12)


@given(hits=st.lists(st.booleans(), min_size=1, max_size=30))
@settings(max_examples=30)
def test_independent_units_are_as_many_as_they_are(hits):
    hit = np.array(hits, dtype=float)
    share = float(hit.mean())
    assert clusters.clustered_sample_size(share, hit - share, None, len(hit)) == pytest.approx(len(hit))
    alone = clusters.clustered_sample_size(share, hit - share, np.arange(len(hit)), len(hit))
    assert alone == pytest.approx(len(hit))
    twins = np.repeat(hit, 3)
    together = clusters.clustered_sample_size(share, twins - share, np.repeat(np.arange(len(hit)), 3), len(twins))
    assert together == pytest.approx(len(hit))


def test_units_without_variation_are_no_more_than_their_clusters():
    nobody = np.zeros(6)
    assert clusters.clustered_sample_size(0.0, nobody, np.array([0, 0, 0, 5, 5, 5]), 6) == 2
    assert clusters.clustered_sample_size(0.0, nobody, None, 6) == 6
    assert clusters.clustered_sample_size(0.0, np.zeros(0), np.zeros(0, dtype=int), 4.0) == 4


def test_one_cluster_has_no_variance_rather_than_rounding():
    influence = np.array([1 / 3, 1 / 3, -2 / 3])
    products = clusters.influence_products(influence[None, :], np.zeros(3, dtype=int))
    assert not clusters.influence_covariance(products, 3).any()


@given(rows=VALUES)
@settings(max_examples=40)
def test_products_are_those_of_sums_and_add_up_over_parts(rows):
    one, other, cluster = columns(rows)
    influences = np.stack([one, other])
    sums = np.array([influences[:, cluster == g].sum(axis=1) for g in np.unique(cluster)])
    found = clusters.influence_products(influences, cluster)
    np.testing.assert_allclose(found, sums.T @ sums, atol=1e-9)
    parts = [clusters.influence_products(influences[:, half], cluster[half]) for half in (cluster < 3, cluster >= 3)]
    np.testing.assert_allclose(sum(parts), found, atol=1e-9)


@given(rows=VALUES.filter(lambda rows: len({row[2] for row in rows}) > 1))
@settings(max_examples=30)
def test_the_variance_of_a_ratio_is_that_of_a_clustered_regression(rows):
    """A ratio of sums is the slope of a regression through 0 weighted by 1 / b; Stata's G / (G - 1) without its n."""
    residuals, b, cluster = columns(rows)
    a = 2 * b + residuals
    sums = np.array([a[cluster == g].sum() for g in np.unique(cluster)])
    assert clusters.variance_of_sum(a, cluster) == pytest.approx(len(sums) * np.var(sums, ddof=1), abs=1e-9)
    root = np.sqrt(b)
    fit = OLS(a / root, root[:, None]).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False, "df_correction": False}
    )
    expected = float(fit.cov_params()[0, 0]) * len(sums) / (len(sums) - 1)
    assert clusters.variance_of_ratio(a, b, cluster) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_variances_of_too_few_clusters_are_unknown():
    one = np.zeros(3, dtype=int)
    assert np.isnan(clusters.variance_of_sum(np.ones(3), one))
    assert np.isnan(clusters.variance_of_ratio(np.ones(3), np.ones(3), one))
    assert np.isnan(clusters.variance_of_ratio(np.zeros(2), np.zeros(2), np.array([0, 1])))


def test_design_effects_by_hand():
    scores = np.array([1.0, 1.0, -1.0, -1.0])
    assert clusters.design_effect(scores, np.array([0, 0, 1, 1])) == 2.0
    assert clusters.design_effect(scores, np.array([0, 1, 0, 1])) == 1.0  # never less than independent units
    assert clusters.design_effect(np.zeros(2), np.array([0, 0])) == 1.0


def test_effective_clusters_by_hand():
    assert clusters.effective_clusters([1] * 12) == pytest.approx(12)
    assert clusters.effective_clusters([3, 1]) == pytest.approx(1.6)
    assert clusters.effective_clusters([0, 2]) == 1.0
    assert clusters.effective_clusters(np.zeros(0)) == 0.0
    assert clusters.count_clusters(np.array([7, 7, 2])) == 2
    assert clusters.count_clusters(np.zeros(0, dtype=int)) == 0


def test_dominant_clusters_by_hand():
    assert clusters.dominant_clusters([1] * 10, 10).tolist() == []
    assert clusters.dominant_clusters([1, 40, 1, 1, 30, 0], 3).tolist() == [1, 4]
    assert clusters.dominant_clusters([2, 1, 0], 3).tolist() == [0, 1]
    assert clusters.dominant_clusters([], 3).tolist() == []


@given(sizes=st.lists(st.integers(0, 30), max_size=12), least=st.integers(1, 6))
def test_dominant_clusters_are_as_few_as_it_takes(sizes, least):
    sizes = np.array(sizes)
    dominant = clusters.dominant_clusters(sizes, least)
    others = np.delete(sizes, dominant)
    if others.any():
        assert clusters.effective_clusters(others) >= least
        assert sizes[dominant].min(initial=31) >= others.max()
    for n in range(len(dominant)):
        fewer = np.sort(sizes)[::-1][n:]
        assert clusters.effective_clusters(fewer) < least


def test_a_variance_of_few_clusters_has_a_wide_limit():
    """The limit of fifty normal sums is above the true variance in about 95 % of samples."""
    sums = np.random.default_rng(0).normal(size=(20_000, 50))
    assert ((sums**2).mean(axis=1) * clusters.upper_limit_factor(50) > 1).mean() == pytest.approx(0.95, abs=0.06)


def test_the_design_effect_is_kishs():
    """With equal clusters it tends to 1 + (size - 1) correlation."""
    hits = beta_binomial(np.random.default_rng(0), 1, 40_000, 5, 0.3, 0.25)[0]
    unit = (np.arange(5) < hits[:, None]).ravel() * 1.0
    assert clusters.design_effect(unit - unit.mean(), np.repeat(np.arange(40_000), 5)) == pytest.approx(2.0, abs=0.04)


@pytest.mark.parametrize(("n_clusters", "size", "mean", "correlation"), [(60, 5, 0.3, 0.25), (150, 4, 0.06, 0.4)])
def test_wilsons_interval_with_the_effective_sample_size_holds_the_truth(n_clusters, size, mean, correlation):
    """The same interval of as many independent trials as there are units is far too short."""
    hits = beta_binomial(np.random.default_rng(0), 20_000, n_clusters, size, mean, correlation)
    n = n_clusters * size
    share = hits.mean(axis=1) / size
    variance = ((hits - share[:, None] * size) ** 2).sum(axis=1) / n**2
    sizes = clusters.effective_sample_size(share, variance, n_clusters)
    low, high = wilson_interval(share, sizes, cluster_quantile(0.95, n_clusters))
    assert 0.93 <= np.mean((low <= mean) & (mean <= high)) <= 0.97
    low, high = wilson_interval(share, np.full(len(share), float(n)), normal_quantile(0.95))
    assert np.mean((low <= mean) & (mean <= high)) <= 0.87
    one = np.repeat(np.arange(n_clusters), size)
    unit = (np.arange(size) < hits[0][:, None]).ravel() - share[0]
    assert clusters.clustered_sample_size(float(share[0]), unit, one, n) == pytest.approx(sizes[0])
