"""Empirical Bayes: by hand, where it ends, and less error than plain estimates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecommine._stats.shrinkage import (
    combine_estimates,
    moderate_variances,
    shrink_normal,
    shrink_rates,
    shrink_shares,
    spread_within,
    squares_beyond,
    variance_between,
)

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


MILK = (np.array([-2.1, -3.4, -1.2, -2.8, -2.2, -4.0]), np.array([0.2, 0.5, 0.1, 0.4, 0.3, 0.9]))


@pytest.mark.parametrize(("method", "theirs"), [("dl", "dl"), ("pm", "pm")])
def test_combined_estimates_are_those_of_statsmodels(method, theirs):
    from statsmodels.stats.meta_analysis import combine_effects

    x, v = MILK
    combined = combine_estimates(np.append(x, np.nan), np.append(v, 1.0), method=method)
    peer = combine_effects(x, v, method_re=theirs, atol=1e-12)
    assert combined.mean == pytest.approx(peer.mean_effect_re, rel=1e-6)
    assert combined.standard_error == pytest.approx(peer.sd_eff_w_re, rel=1e-6)
    assert combined.spread == pytest.approx(np.sqrt(peer.tau2), rel=1e-6)
    assert combined.fixed_mean == pytest.approx(peer.mean_effect_fe)
    assert (combined.q, combined.df) == (pytest.approx(peer.q), 5)


def test_one_estimate_and_none_are_answered():
    one = combine_estimates(np.array([-2.0]), np.array([0.5]))
    assert (one.mean, one.spread, one.df) == (-2.0, 0.0, 0)
    assert np.isnan(combine_estimates(np.array([]), np.array([])).mean)


@given(arrays(np.float64, 12, elements=st.floats(-5, 5)), arrays(np.float64, 12, elements=st.floats(0.01, 4)))
def test_the_spread_makes_the_squares_as_large_as_expected(x, v):
    group = np.repeat([0, 1, 2], 4)
    spread = spread_within(x, v, group)
    squares = squares_beyond(x, v, group, spread**2)
    assert squares == pytest.approx(9, rel=1e-6) if spread else squares <= 9 + 1e-9


def test_morris_by_hand():
    x, v = np.array([1.0, 2.0, 4.0, 6.0, 7.0]), np.full(5, 2.0)
    shrunk = shrink_normal(x, v, np.zeros(5, dtype=np.int64))
    total = ((x - 4) ** 2).sum() / 4  # the spread that makes the squares 4: tau^2 + 2
    share = 2 / 4 * 2.0 / total
    np.testing.assert_allclose(shrunk.mean, x - share * (x - 4))
    np.testing.assert_allclose(
        shrunk.variance, 2 * (1 - share) + share**2 * total / 5 + 2 * share**2 / 2 * (x - 4) ** 2
    )
    np.testing.assert_allclose(shrunk.weight, 1 - share)


def test_a_group_that_contradicts_the_common_spread_has_its_own():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(6), 40)
    x = rng.normal(size=240) * np.where(group == 5, 5.0, 0.3) + rng.normal(0, 0.3, 240)
    spread = shrink_normal(x, np.full(240, 0.09), group).spread
    assert len(np.unique(spread)) == 2
    assert spread[-1] == pytest.approx(5, rel=0.3)
    assert spread[0] == pytest.approx(0.3, rel=0.3)
    alike = shrink_normal(rng.normal(size=240), np.full(240, 0.09), group).spread
    assert len(np.unique(alike)) == 1


def test_unknown_estimates_are_left_as_they_are():
    x, v = np.array([1.0, 2.0, 3.0, 4.0, np.nan, 9.0]), np.array([1.0, 1.0, 1.0, 1.0, 1.0, np.nan])
    shrunk = shrink_normal(x, v, np.zeros(6, dtype=np.int64))
    assert np.isnan(shrunk.mean[4])
    assert (shrunk.mean[5], shrunk.weight[5]) == (9.0, 1.0)
    few = shrink_normal(x[:3], v[:3], np.zeros(3, dtype=np.int64))
    assert few.mean.tolist() == x[:3].tolist()


def test_means_of_groups_are_drawn_to_the_mean_of_all():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(40), 3)
    truth = rng.normal(0, 0.3, 40)[group] + rng.normal(0, 0.5, 120)
    x = truth + rng.normal(size=120)
    own = np.array([x[group == g].mean() for g in range(40)])
    shrunk = shrink_normal(x, np.ones(120), group)
    assert np.std(shrunk.center) < 0.8 * np.std(own)
    assert ((shrunk.mean - truth) ** 2).mean() < 0.5 * ((x - truth) ** 2).mean()


def test_posterior_intervals_hold():
    covered, expected = [], 0.95
    for seed in range(60):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(10), 10)
        truth, v = rng.normal(-2, 0.5, 10)[group] + rng.normal(0, 0.5, 100), rng.uniform(0.2, 1, 100)
        shrunk = shrink_normal(truth + np.sqrt(v) * rng.normal(size=100), v, group)
        covered.append((np.abs(shrunk.mean - truth) < 1.96 * np.sqrt(shrunk.variance)).mean())
    assert np.mean(covered) == pytest.approx(expected, abs=0.02)


def test_moderated_variances_recover_the_prior():
    rng = np.random.default_rng(0)
    true = 0.09 * 12 / rng.chisquare(12, 4_000)
    plain = true * rng.chisquare(18, 4_000) / 18
    moderated, prior_df = moderate_variances(plain, np.full(4_000, 18.0))
    assert prior_df == pytest.approx(12, rel=0.15)
    assert ((moderated - true) ** 2).mean() < 0.85 * ((plain - true) ** 2).mean()
    few, none = moderate_variances(np.array([1.0, 2.0]), np.array([5.0, 5.0]))
    assert (few.tolist(), none) == ([1.0, 2.0], 0.0)
