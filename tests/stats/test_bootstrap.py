"""The bootstrap of clusters: SciPy's, closed forms, and how often its intervals hold the truth."""

import numpy as np
import pytest
import scipy
from scipy import stats

from ecommine._stats.bootstrap import bootstrap_sums, cluster_bootstrap
from ecommine._stats.clusters import variance_of_ratio


def ratio(sums):
    return sums[:, 0] / sums[:, 1]


def shop(n_clusters, seed=0):
    rng = np.random.default_rng(seed)
    orders = rng.integers(1, 6, n_clusters)
    return np.column_stack([orders * rng.lognormal(3.0, 0.7, n_clusters), orders]).astype(float)


SCIPY = tuple(int(part) for part in scipy.__version__.split(".")[:2])


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_intervals_are_scipys(method):
    sums = shop(60)
    found = cluster_bootstrap(sums, ratio, n_resamples=20_000, method=method)
    oracle = stats.bootstrap(
        (sums[:, 0], sums[:, 1]),
        lambda money, orders, axis: money.sum(axis=axis) / orders.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        batch=2_000,
        method={"bca": "BCa"}.get(method, method),
        **{"rng" if SCIPY >= (1, 15) else "random_state": np.random.default_rng(1)},
    )
    width = oracle.confidence_interval.high - oracle.confidence_interval.low
    assert found.low == pytest.approx(oracle.confidence_interval.low, abs=0.03 * width)
    assert found.high == pytest.approx(oracle.confidence_interval.high, abs=0.03 * width)
    assert found.standard_error == pytest.approx(oracle.standard_error, rel=0.03)


def test_the_standard_error_is_that_of_the_delta_method():
    sums = shop(400)
    found = cluster_bootstrap(sums, ratio)
    expected = np.sqrt(variance_of_ratio(sums[:, 0], sums[:, 1], np.arange(400)))
    assert found.estimate == pytest.approx(sums[:, 0].sum() / sums[:, 1].sum())
    assert found.standard_error == pytest.approx(expected, rel=0.06)


def test_clusters_are_drawn_as_often_as_there_are():
    draws = bootstrap_sums(np.column_stack([np.ones(30), np.arange(30.0)]), 5_000)
    assert (draws[:, 0] == 30).all()
    assert draws[:, 1].mean() == pytest.approx(30 * 14.5, rel=0.01)
    assert draws[:, 1].var() == pytest.approx(30 * np.var(np.arange(30)), rel=0.06)


def test_the_same_seed_gives_the_same_however_it_is_cut_up():
    sums = shop(50)
    whole = bootstrap_sums(sums, 40)
    np.testing.assert_allclose(bootstrap_sums(sums, 40, cells=500), whole, rtol=1e-12)
    np.testing.assert_allclose(bootstrap_sums(sums, 40, rng=np.random.default_rng(0)), whole, rtol=1e-12)
    assert not np.allclose(bootstrap_sums(sums, 40, rng=1), whole)


def test_too_few_clusters_have_no_interval():
    one = cluster_bootstrap(shop(1), ratio)
    assert np.isfinite(one.estimate)
    assert np.isnan([one.low, one.high, one.standard_error]).all()


def test_resamples_without_a_value_are_left_out_and_alike_clusters_have_no_width():
    rare = np.array([[1.0, 1.0], [0.0, 0.0], [2.0, 1.0]])
    found = cluster_bootstrap(rare, ratio)
    assert 1.0 <= found.low <= 1.5 <= found.high <= 2.0
    alike = cluster_bootstrap(np.ones((9, 2)), ratio)
    assert (alike.low, alike.high, alike.standard_error) == (1.0, 1.0, 0.0)
    unknown = cluster_bootstrap(np.ones((9, 2)), lambda sums: np.full(len(sums), np.nan))
    assert np.isnan([unknown.estimate, unknown.low]).all()


def test_intervals_hold_the_truth_where_those_of_single_orders_do_not():
    """1,000 runs of 80 customers, whose orders are alike."""
    rng, truth, covered, single_covered = np.random.default_rng(0), np.exp(0.3**2 / 2), 0, 0
    for run in range(1_000):
        orders = rng.integers(1, 8, 80)
        value = rng.lognormal(0.0, 0.3, 80)
        sums = np.column_stack([orders * value, orders])
        found = cluster_bootstrap(sums, ratio, n_resamples=250, rng=run)
        covered += found.low <= truth <= found.high
        each = np.repeat(value, orders)
        half = 1.96 * each.std(ddof=1) / np.sqrt(len(each))
        single_covered += abs(each.mean() - truth) <= half
    assert 0.92 <= covered / 1_000 <= 0.97
    assert single_covered / 1_000 < 0.75
