"""Shares of clustered trials by group and by category: a loop over clusters, and how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats.clustered_shares import effective_trials, shares_by_category, shares_by_group
from ecommine._stats.intervals import normal_quantile, wilson_interval
from stats.slow import slow_interval

TRIALS = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 6)), max_size=40)
Z = 1.959964


def columns(rows):
    group, success, cluster = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return group, success.astype(bool), cluster


@given(rows=TRIALS)
@settings(max_examples=50)
def test_shares_by_group_are_those_of_a_loop(rows):
    result = shares_by_group(*columns(rows)[:2], 5, columns(rows)[2], Z)
    for group in range(5):
        trials = [(success, cluster) for one, success, cluster in rows if one == group]
        assert result.trials[group] == len(trials)
        found = (result.share[group], result.low[group], result.high[group])
        assert found == pytest.approx(slow_interval(trials, Z), abs=1e-9, nan_ok=True)


@given(rows=TRIALS)
@settings(max_examples=50)
def test_two_categories_are_successes_and_failures(rows):
    group, success, cluster = columns(rows)
    by_group = shares_by_group(group, success, 5, cluster, Z)
    result = shares_by_category(group * 2 + success, 2, cluster, Z)
    assert list(zip(result.group, result.category, strict=True)) == sorted({(g, int(s)) for g, s, _ in rows})
    won = result.category == 1
    for name in ("share", "low", "high", "trials"):
        np.testing.assert_allclose(getattr(result, name)[won], getattr(by_group, name)[result.group[won]], atol=1e-9)
    for row, (one, category) in enumerate(zip(result.group.tolist(), result.category.tolist(), strict=True)):
        mine = [(g, s, c) for g, s, c in rows if g == one]
        assert result.count[row] == sum(s == category for _, s, _ in mine)
        assert result.clusters[row] == len({c for *_, c in mine})


@given(rows=TRIALS.filter(len))
@settings(max_examples=30)
def test_shares_of_a_group_add_up_and_joined_groups_stay(rows):
    group, success, cluster = columns(rows)
    result = shares_by_category(group * 3 + success, 3, cluster, Z)
    np.testing.assert_allclose([result.share[result.group == one].sum() for one in np.unique(group)], 1.0)
    twice = result.joined(result)
    np.testing.assert_array_equal(twice.low, np.tile(result.low, 2))


def test_effective_trials_are_at_most_the_trials():
    """Clusters that balance each other tell more than independent trials by chance alone."""
    share, trials = np.array([0.5, 0.5, 0.5, 0.0]), np.array([8, 8, 8, 8])
    found = effective_trials(share, trials, np.array([8.0, 0.5, 0.0, 3.0]), np.array([3, 3, 3, 3]))
    assert found.tolist() == [2.0, 8.0, 3.0, 3.0]


def test_intervals_hold_the_truth_for_alike_trials_and_plain_ones_do_not():
    """2,000 groups of 120 visitors with 4 sessions each."""
    rng, n_groups, truth = np.random.default_rng(0), 2_000, 0.2
    chance = rng.beta(truth * 2, (1 - truth) * 2, (n_groups, 120, 1))
    success = (rng.random((n_groups, 120, 4)) < chance).ravel()
    group, cluster = np.repeat(np.arange(n_groups), 480), np.tile(np.repeat(np.arange(120), 4), n_groups)
    z = normal_quantile(0.95)
    result = shares_by_group(group, success, n_groups, cluster, z)
    assert 0.935 <= np.mean((result.low <= truth) & (truth <= result.high)) <= 0.965
    low, high = wilson_interval(result.share, result.trials.astype(float), z)
    assert np.mean((low <= truth) & (truth <= high)) < 0.86
