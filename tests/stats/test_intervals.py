"""Intervals and tests of shares: published examples, statsmodels, and how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion

from ecommine._stats import intervals
from ecommine._stats.intervals import Shares

Z95 = intervals.normal_quantile(0.95)
COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

# Newcombe (1998), Statistics in Medicine 17, table II: method 10, 95 % intervals of x1/n1 - x2/n2.
NEWCOMBE = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
    ((10, 10), (0, 10), (0.6075, 1.0)),
]


def shares(*counts, z=Z95):
    hits, n = np.array(counts, dtype=float).T
    return Shares.of(hits / n, n, z)


def both(before, after):
    return shares(before), shares(after)


def within(low, high, truth):
    return float(np.mean((low <= truth) & (truth <= high)))


def test_quantiles_are_those_of_the_tables():
    assert intervals.normal_quantile(0.95) == pytest.approx(1.959963984540054, abs=1e-15)
    assert intervals.normal_quantile(0.9) == pytest.approx(1.6448536269514722, abs=1e-15)
    assert intervals.student_quantile(0.95, 9) == pytest.approx(stats.t.ppf(0.975, 9), rel=1e-12)


@pytest.mark.parametrize(("n", "df"), [(None, None), (0, None), (1, None), (2, 1), (3, 2), (40, 39)])
def test_few_clusters_take_students_quantile(n, df):
    expected = Z95 if df is None else stats.t.ppf(0.975, df)
    assert intervals.cluster_quantile(0.95, n) == pytest.approx(expected, rel=1e-12)


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I: the score method.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_newcombes(hits, n, low, high):
    assert intervals.wilson_interval(hits / n, n, Z95) == pytest.approx((low, high), abs=5e-5)


@given(counts=COUNTS, level=st.floats(0.5, 0.999))
@settings(max_examples=50)
def test_wilsons_interval_is_that_of_statsmodels(counts, level):
    hits, n = counts
    expected = proportion.proportion_confint(hits, n, alpha=1 - level, method="wilson")
    found = intervals.wilson_interval(hits / n, n, intervals.normal_quantile(level))
    assert found == pytest.approx(expected, abs=1e-12)


@given(share=st.floats(0.001, 0.999), n=st.floats(0.5, 1e6))
@settings(max_examples=50)
def test_wilsons_limits_are_the_shares_that_the_score_test_just_keeps(share, n):
    for limit in intervals.wilson_interval(share, n, Z95):
        assert abs(share - limit) == pytest.approx(Z95 * np.sqrt(limit * (1 - limit) / n), rel=1e-6, abs=1e-9)


def test_wilsons_interval_at_its_edges():
    low, high = intervals.wilson_interval(np.array([0.0, 1.0, 0.5, np.nan]), np.array([7, 7, 0, 3]), Z95)
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert np.isnan([low[2:], high[2:]]).all()
    assert np.isnan(intervals.wilson_interval(0.5, 0, Z95)).all()
    scalar = intervals.wilson_interval(1.0, 7, Z95)
    assert all(type(limit) is float for limit in scalar)
    assert scalar == (low[1], high[1])


@pytest.mark.parametrize(("one", "other", "limits"), NEWCOMBE)
def test_differences_are_newcombes(one, other, limits):
    estimate, low, high = intervals.difference(*both(other, one))
    assert estimate[0] == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (low[0], high[0]) == pytest.approx(limits, abs=5e-5)


@given(before=COUNTS, after=COUNTS)
@settings(max_examples=50)
def test_differences_are_those_of_statsmodels_and_turn_round(before, after):
    found = intervals.difference(*both(before, after))
    expected = proportion.confint_proportions_2indep(*after, *before, method="newcomb")
    assert (found.low[0], found.high[0]) == pytest.approx(expected, abs=1e-9)
    turned = intervals.difference(*both(after, before))
    assert (turned.low[0], turned.high[0]) == pytest.approx((-found.high[0], -found.low[0]), abs=1e-12)


@given(before=COUNTS, after=COUNTS)
@settings(max_examples=50)
def test_limits_of_a_ratio_are_those_of_a_difference_that_is_zero(before, after):
    """Fieller's idea: R is a limit where the MOVER interval of after - R before ends at 0."""
    one, other = both(before, after)
    estimate, low, high = intervals.relative_difference(one, other)
    if not before[0]:
        assert np.isnan([estimate, low, high]).all()
        return
    a, b = one.estimate[0], other.estimate[0]
    assert estimate[0] == pytest.approx(b / a - 1)
    for ratio, of_b, of_a in ((low[0] + 1, other.below[0], one.above[0]), (high[0] + 1, other.above[0], one.below[0])):
        assert abs(b - ratio * a) == pytest.approx(np.hypot(of_b, ratio * of_a), abs=1e-7)


@given(before=COUNTS, after=COUNTS)
@settings(max_examples=50)
def test_p_values_are_the_n_minus_1_chi_squared_test(before, after):
    table = np.array([[hits, n - hits] for hits, n in (before, after)])
    p = intervals.equal_shares_p_values(*both(before, after))[0]
    if not table.sum(axis=0).all():
        assert p == 1.0
        return
    n = table.sum()
    if n > 1:
        statistic = stats.chi2_contingency(table, correction=False).statistic * (n - 1) / n
        assert p == pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-9)


def test_p_values_of_unknown_shares_are_unknown():
    unknown = Shares.of(np.array([np.nan, 0.5]), np.array([5.0, 0.0]), Z95)
    known = shares((1, 2), (1, 2))
    assert np.isnan(intervals.equal_shares_p_values(unknown, known)).all()
    assert np.isnan(intervals.difference(unknown, known).low).all()


def test_z_tests_of_no_error_find_nothing():
    found = intervals.z_test_p_values(np.array([1.0, -1.959964, np.nan, 2.0]), np.array([0.0, 1.0, 1.0, np.nan]))
    assert found[:2] == pytest.approx([1.0, 0.05], abs=1e-6)
    assert np.isnan(found[2:]).all()


def test_intervals_on_the_logarithmic_scale():
    low, high = intervals.log_interval(np.array([3.0]), np.array([0.2]), Z95)
    assert np.log([3 / low[0], high[0] / 3]) == pytest.approx([Z95 * 0.2] * 2)


@given(counts=COUNTS)
@settings(max_examples=50)
def test_jeffreys_interval_is_that_of_statsmodels_but_at_its_edges(counts):
    hits, n = counts
    low, high = (limit[0] for limit in intervals.jeffreys_interval(np.array([hits * 1.0]), np.array([n * 1.0]), 0.95))
    expected = proportion.proportion_confint(hits, n, method="jeffreys")
    assert low == (pytest.approx(expected[0], abs=1e-9) if hits else 0.0)
    assert high == (pytest.approx(expected[1], abs=1e-9) if hits < n else 1.0)


def test_jeffreys_interval_of_rates_is_a_gamma_distributions():
    low, high = intervals.jeffreys_rate_interval(np.array([0.0, 4.0, 1.0]), np.array([2.0, 8.0, 0.0]), 0.9)
    assert low[:2] == pytest.approx([0.0, stats.gamma.ppf(0.05, 4.5) / 8])
    assert high[:2] == pytest.approx(stats.gamma.ppf(0.95, [0.5, 4.5]) / [2, 8])
    assert np.isnan([low[2], high[2]]).all()


@pytest.mark.parametrize(("n", "truth"), [(30, 0.2), (80, 0.05), (200, 0.5)])
def test_wilsons_interval_holds_the_truth(n, truth):
    hits = np.random.default_rng(0).binomial(n, truth, 20_000)
    assert 0.93 <= within(*intervals.wilson_interval(hits / n, np.full(20_000, n), Z95), truth) <= 0.97


@pytest.mark.parametrize(("sizes", "truths"), [((60, 90), (0.1, 0.2)), ((150, 150), (0.03, 0.03))])
def test_differences_and_ratios_hold_the_truth(sizes, truths):
    rng = np.random.default_rng(0)
    one, other = (
        Shares.of(rng.binomial(n, p, 20_000) / n, np.full(20_000, n), Z95) for n, p in zip(sizes, truths, strict=True)
    )
    assert 0.94 <= within(*intervals.difference(one, other)[1:], truths[1] - truths[0]) <= 0.97
    ratio = intervals.relative_difference(one, other)
    known = ~np.isnan(ratio.estimate)
    assert 0.94 <= within(ratio.low[known], ratio.high[known], truths[1] / truths[0] - 1) <= 0.98


@pytest.mark.parametrize(("sizes", "truth"), [((20, 20), 0.3), ((15, 60), 0.2), ((400, 400), 0.02)])
def test_the_test_of_equal_shares_keeps_its_size(sizes, truth):
    rng = np.random.default_rng(0)
    one, other = (Shares.of(rng.binomial(n, truth, 20_000) / n, np.full(20_000, n), Z95) for n in sizes)
    assert 0.03 <= np.mean(intervals.equal_shares_p_values(one, other) < 0.05) <= 0.056
