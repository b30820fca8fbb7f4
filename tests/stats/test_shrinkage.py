"""Empirical Bayes: by hand, where it ends, and less error than plain estimates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats.shrinkage import shrink_rates, shrink_shares, variance_between

GROUPS = st.lists(
    st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20
)


def test_the_variance_between_groups_by_hand():
    estimate, n = np.array([0.1, 0.5, np.nan]), np.array([10.0, 30.0, 0.0])
    mean, noise = 0.4, 0.24
    squares = 10 * 0.3**2 + 30 * 0.1**2
    assert variance_between(estimate, n, mean, noise) == pytest.approx((squares - noise) / (40 - 1000 / 40))


def test_it_is_dersimonian_and_lairds_for_weights_of_inverse_variances():
    """Their formula (8): (Q - (k - 1)) / (sum w - sum w^2 / sum w) with w = n / noise, about the weighted mean."""
    rng = np.random.default_rng(0)
    n, noise = rng.integers(5, 50, 30).astype(float), 0.21
    estimate = rng.normal(0.3, 0.2, 30)
    w = n / noise
    mean = float((w * estimate).sum() / w.sum())
    q = float((w * (estimate - mean) ** 2).sum())
    expected = (q - 29) / (w.sum() - (w**2).sum() / w.sum())
    assert variance_between(estimate, n, mean, noise) == pytest.approx(expected)


@given(groups=GROUPS)
@settings(max_examples=50)
def test_shrunk_shares_lie_between_the_share_and_the_mean(groups):
    hits, n = np.array(groups, dtype=float).T
    share = np.divide(hits, n, out=np.full(len(n), np.nan), where=n > 0)
    mean = hits.sum() / n.sum() if n.sum() else np.nan
    shrunk = shrink_shares(share, n, mean)
    np.testing.assert_array_equal(np.isnan(shrunk), n == 0)
    known = n > 0
    assert (shrunk[known] >= np.minimum(share, mean)[known] - 1e-9).all()
    assert (shrunk[known] <= np.maximum(share, mean)[known] + 1e-9).all()


@given(groups=GROUPS)
@settings(max_examples=50)
def test_shrunk_rates_lie_between_the_ratio_and_one(groups):
    events, expected = np.array(groups, dtype=float).T
    shrunk = shrink_rates(events, expected)
    np.testing.assert_array_equal(np.isnan(shrunk), expected == 0)
    known = expected > 0
    ratio = events[known] / expected[known]
    assert (shrunk[known] >= np.minimum(ratio, 1) - 1e-9).all()
    assert (shrunk[known] <= np.maximum(ratio, 1) + 1e-9).all()


def test_groups_that_differ_by_no_more_than_chance_have_the_mean():
    assert shrink_shares(np.array([0.5, 0.5]), np.array([10.0, 20.0]), 0.5).tolist() == [0.5, 0.5]
    assert shrink_rates(np.array([4.0, 8.0]), np.array([4.0, 8.0])).tolist() == [1.0, 1.0]
    assert shrink_shares(np.array([1.0, np.nan]), np.array([5.0, 0.0]), 1.0)[0] == 1.0
    one = shrink_shares(np.array([0.3]), np.array([5.0]), 0.3)  # of one group nothing tells how groups differ
    assert one.tolist() == [0.3]
    assert variance_between(np.zeros(0), np.zeros(0), 0.5, 0.25) == 0.0


def test_the_spread_is_found_and_the_error_falls():
    rng, n_groups = np.random.default_rng(0), 4_000
    n = rng.integers(2, 60, n_groups).astype(float)
    truth = rng.beta(3, 7, n_groups)
    share = rng.binomial(n.astype(int), truth) / n
    mean = float((share * n).sum() / n.sum())
    assert variance_between(share, n, mean, mean * (1 - mean)) == pytest.approx(0.3 * 0.7 / 11, rel=0.08)
    shrunk = shrink_shares(share, n, mean)
    best = (share * n + 3) / (n + 10)  # with the true prior
    errors = [np.mean((one - truth) ** 2) for one in (share, shrunk, best)]
    assert errors[1] < 0.6 * errors[0]
    assert errors[1] < 1.02 * errors[2]
    rate = rng.gamma(4, 1 / 4, n_groups)
    events = rng.poisson(n * rate).astype(float)
    assert variance_between(events / n, n, 1.0, 1.0) == pytest.approx(1 / 4, rel=0.08)
    best = (events + 4) / (n + 4)
    assert np.mean((shrink_rates(events, n) - rate) ** 2) < 1.02 * np.mean((best - rate) ** 2)
