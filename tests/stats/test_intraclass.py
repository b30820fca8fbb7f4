"""One correlation for many small groups: pair by pair, and estimated without bias from the same trials as the means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats.intraclass import ClustersOfGroups, correlation_within, pooled_effective_trials

TRIALS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans(), st.booleans()), max_size=30)


def columns(rows):
    group, cluster, success, counted = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return group, cluster, success.astype(bool), counted.astype(bool)


@given(rows=TRIALS)
@settings(max_examples=50)
def test_sums_of_pairs_are_those_of_all_pairs(rows):
    group, cluster, success, _ = columns(rows)
    values = success * 2.0 - 0.7
    clusters = ClustersOfGroups.of(group, cluster, 5)
    for number in range(5):
        mine = [row for row in range(len(rows)) if group[row] == number]
        pairs = sum(values[a] * values[b] for a in mine for b in mine if a != b and cluster[a] == cluster[b])
        assert clusters.sums_of_pairs(values)[number] == pytest.approx(pairs, abs=1e-9)
        assert clusters.sums_of_groups(values)[number] == pytest.approx(sum(values[row] for row in mine))
        assert clusters.n_clusters[number] == len({cluster[row] for row in mine})


@given(rows=TRIALS)
@settings(max_examples=50)
def test_effective_trials_are_those_of_a_loop(rows):
    group, cluster, success, counted = columns(rows)
    found = pooled_effective_trials(success, counted, ClustersOfGroups.of(group, cluster, 5))
    numerator, denominator, per_group = 0.0, 0.0, []
    for number in range(5):
        mine = [row for row in range(len(rows)) if group[row] == number and counted[row]]
        n, share = len(mine), float(success[mine].mean()) if mine else 0.0
        pairs = [(a, b) for a in mine for b in mine if a != b and cluster[a] == cluster[b]]
        variance = share * (1 - share)
        products = sum((success[a] - share) * (success[b] - share) for a, b in pairs)
        numerator += products + (variance * len(pairs) / n if n else 0.0)
        denominator += variance * len(pairs)
        per_group.append((n, len(pairs)))
    correlation = min(max(numerator / denominator, 0), 1) if denominator > 0 else 0.0
    expected = [n / (1 + correlation * pairs / n) if n else 0.0 for n, pairs in per_group]
    np.testing.assert_allclose(found.n_effective, expected, atol=1e-9)
    assert found.n.tolist() == [n for n, _ in per_group]
    assert found.successes.sum() == (success & counted).sum()


def test_trials_that_do_not_count_change_nothing():
    group, cluster = np.array([0, 0, 0, 0, 0]), np.array([0, 0, 1, 1, 1])
    success, counted = np.array([1, 1, 0, 0, 1], dtype=bool), np.array([1, 1, 1, 1, 0], dtype=bool)
    some = pooled_effective_trials(success, counted, ClustersOfGroups.of(group, cluster, 1))
    alone = ClustersOfGroups.of(group[counted], cluster[counted], 1)
    rest = pooled_effective_trials(success[counted], counted[counted], alone)
    assert some.n_effective.tolist() == rest.n_effective.tolist() == [2.0]


def test_nothing_to_go_by_means_independent_trials():
    clusters = ClustersOfGroups.of(np.zeros(3, dtype=int), np.arange(3), 1)
    hits = np.array([True, False, False])
    assert pooled_effective_trials(hits, hits | True, clusters).n_effective.tolist() == [3.0]
    empty = np.zeros(0, dtype=np.int64)
    none = pooled_effective_trials(empty > 0, empty > 0, ClustersOfGroups.of(empty, empty, 2))
    assert none.n_effective.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("truth", [0.0, 0.3, 0.7])
def test_the_correlation_of_rare_groups_is_estimated_without_bias(truth):
    """20,000 groups of two visitors with two trials; without the correction it comes out far too low."""
    rng, n_groups = np.random.default_rng(0), 20_000
    group, cluster = np.repeat(np.arange(n_groups), 4), np.tile([0, 0, 1, 1], n_groups)
    first = rng.random((n_groups, 2, 1)) < 0.5
    success = np.where(rng.random((n_groups, 2, 2)) < np.sqrt(truth), first, rng.random((n_groups, 2, 2)) < 0.5)
    clusters, success = ClustersOfGroups.of(group, cluster, n_groups), success.ravel()
    mean = success.reshape(-1, 4).mean(axis=1)
    ones, four = np.ones(len(group)), np.full(n_groups, 4.0)
    # Against the true variance of a trial: it is mean x (1 - mean) only in groups of many trials.
    found = correlation_within(success - mean[group], ones, four, 0.25, clusters)
    # The mean of four draws a product of residuals down by (1 + correlation) x variance / 4 on average.
    assert found == pytest.approx(truth - (1 + truth) / 4 + 1 / 4, abs=0.02)
    uncorrected = float(clusters.sums_of_pairs(success - mean[group]).sum()) / (0.25 * 4 * n_groups)
    assert uncorrected < found - 0.24


def test_effective_trials_give_the_variance_of_shares():
    """1,000 groups of 40 visitors with 3 trials each: the variance of their shares is that of effective trials."""
    rng, n_groups = np.random.default_rng(0), 1_000
    chance = rng.beta(0.2 * 1.5, 0.8 * 1.5, (n_groups, 40, 1))  # correlation 1 / (1 + 1.5)
    success = (rng.random((n_groups, 40, 3)) < chance).ravel()
    group, cluster = np.repeat(np.arange(n_groups), 120), np.tile(np.repeat(np.arange(40), 3), n_groups)
    found = pooled_effective_trials(success, success | True, ClustersOfGroups.of(group, cluster, n_groups))
    assert found.n_effective.mean() == pytest.approx(120 / (1 + 0.4 * 2), rel=0.02)
    spread = np.var(found.successes / found.n)
    assert spread == pytest.approx(0.2 * 0.8 / found.n_effective.mean(), rel=0.1)
