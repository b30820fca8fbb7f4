"""Statistics of two arms and of counts: against SciPy, statsmodels and slow versions, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from ecommine._stats.chi_square import counts_p_value, furthest_row, heterogeneity_p_value, homogeneity
from ecommine.abtest._estimate.adjusted_means import (
    StrataMoments,
    adjusted_mean,
    covariate_mean,
    covariate_slope,
    ratio_of_means,
)
from ecommine.abtest._estimate.mean_differences import (
    ArmMean,
    DifferenceTest,
    clustered_mean,
    contrast_error,
    fieller_interval,
    non_inferiority_t,
    satterthwaite_df,
    skewness_of_difference,
    t_test_p_values,
)
from ecommine.abtest._estimate.sample_sizes import pooled_z_test_units, t_test_power, t_test_units
from ecommine.abtest._estimate.score_tests import margin_score, shares_at_difference
from ecommine.abtest._estimate.sequential import boundary, drift_for_power, sequential_counts_p_value

POSITIVE = st.floats(0.01, 100)


# Counts


@pytest.mark.parametrize("counts", [(10, 20, 30), (500, 480, 520)])
def test_counts_are_tested_as_by_scipy(counts):
    shares = np.array([0.3, 0.3, 0.4])
    expected = stats.chisquare(counts, shares * sum(counts)).pvalue
    assert counts_p_value(np.array(counts, dtype=float), shares) == pytest.approx(expected)


def test_equal_shares_are_tested_as_by_scipy():
    table = np.random.default_rng(0).integers(20, 60, (6, 3)).astype(float)
    expected = stats.chi2_contingency(table, correction=False)
    assert homogeneity(table) == pytest.approx((expected.statistic, expected.dof))


def test_small_rows_are_taken_together():
    table = np.array([[100.0, 120.0], [1.0, 3.0], [2.0, 2.0], [4.0, 1.0]])
    merged = np.array([[100.0, 120.0], [7.0, 6.0]])
    assert homogeneity(table) == pytest.approx(homogeneity(merged))
    assert homogeneity(table)[1] == 1


def test_a_table_of_one_row_or_column_is_no_test():
    assert homogeneity(np.array([[50.0, 50.0]])) == (0.0, 0)
    assert homogeneity(np.array([[50.0, 0.0], [60.0, 0.0]])) == (0.0, 0)
    assert homogeneity(np.zeros((0, 2))) == (0.0, 0)


def test_the_furthest_row_is_named_and_the_rest_is_tested():
    table = np.array([[50.0, 50.0], [20.0, 80.0], [55.0, 45.0]])
    worst, p_value = furthest_row(table, np.array([0.5, 0.5]))
    assert worst == 1
    assert p_value == pytest.approx(stats.chisquare([105, 95]).pvalue)


def test_one_effect_is_not_heterogeneous():
    known = np.full(3, np.inf)
    assert heterogeneity_p_value(np.array([1.0, 1.0, 1.0]), np.array([0.1, 0.5, 2.0]), known) == 1.0
    assert np.isnan(heterogeneity_p_value(np.array([1.0]), np.array([0.1]), known[:1]))
    z = 0.7 / np.hypot(0.2, 0.3)
    two = heterogeneity_p_value(np.array([0.0, 0.7]), np.array([0.2, 0.3]), known[:2])
    assert two == pytest.approx(2 * stats.norm.sf(z))


def test_two_effects_of_few_units_are_compared_by_students_t():
    errors, df = np.array([0.2, 0.3]), np.array([5.0, 9.0])
    satterthwaite = (errors**2).sum() ** 2 / (errors**4 / df).sum()
    two = heterogeneity_p_value(np.array([0.0, 0.7]), errors, df)
    assert two == pytest.approx(2 * stats.t.sf(0.7 / np.hypot(0.2, 0.3), satterthwaite))


@pytest.mark.parametrize(("n_groups", "n_units"), [(2, 6), (4, 3), (4, 6), (10, 6)])
def test_small_groups_keep_their_level(n_groups, n_units):
    """By chi-square 7, 16, 9 and 14 % of these runs differ."""
    values = np.random.default_rng(0).normal(size=(4_000, n_groups, 2, n_units))
    variance = values.var(axis=-1, ddof=1) / n_units
    error, df = (
        np.sqrt(variance.sum(axis=-1)),
        variance.sum(axis=-1) ** 2 / ((variance**2).sum(axis=-1) / (n_units - 1)),
    )
    difference = np.diff(values.mean(axis=-1), axis=-1)[..., 0]
    runs = zip(difference, error, df, strict=True)
    assert np.mean([heterogeneity_p_value(*run) < 0.05 for run in runs]) <= 0.06


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0.05, 0.95))
def test_the_sequential_test_of_counts_is_the_more_careful_one(one, other, share):
    """A p-value that holds at every look is never far below the one that holds at a single look."""
    counts, shares = np.array([one, other], dtype=float), np.array([share, 1 - share])
    sequential = sequential_counts_p_value(counts, shares)
    assert 0 <= sequential <= 1
    if counts_p_value(counts, shares) > 0.05:
        assert sequential > 0.05


# Means


@given(st.floats(-50, 50), POSITIVE, st.floats(-50, 50), POSITIVE, st.floats(0, 5), st.floats(1, 4))
def test_fieller_says_what_the_difference_says(control, v_control, treatment, v_treatment, shared, quantile):
    arms = (ArmMean(control, v_control, shared=shared), ArmMean(treatment, v_treatment, shared=shared))
    estimate, low, high = fieller_interval(*arms, quantile)
    if np.isnan(estimate):
        assert control <= quantile * np.sqrt(v_control + shared) * (1 + 1e-12)
        return
    assert low <= estimate <= high
    distance = abs(treatment - control) / contrast_error(*arms)
    if abs(distance - quantile) > 1e-6:
        assert (low > 0 or high < 0) == (distance > quantile)


def test_the_shared_variance_is_a_covariance():
    """Slow version: both arms moved by one common error."""
    rng = np.random.default_rng(0)
    common = rng.normal(0, 1.0, 200_000)
    control, treatment = 10 + common + rng.normal(0, 0.5, 200_000), 12 + common + rng.normal(0, 0.5, 200_000)
    arms = (ArmMean(10.0, 0.25, shared=1.0), ArmMean(12.0, 0.25, shared=1.0))
    for factor in (1.0, 0.9):
        assert contrast_error(*arms, factor) == pytest.approx(np.std(treatment - factor * control), rel=0.01)


@given(POSITIVE, st.integers(2, 50), POSITIVE, st.integers(2, 50))
def test_degrees_of_freedom_lie_between_those_of_the_arms(v_one, n_one, v_other, n_other):
    arms = (ArmMean(0, v_one, n_one - 1, v_one), ArmMean(0, v_other, n_other - 1, v_other))
    df = satterthwaite_df(*arms)
    assert min(n_one, n_other) - 1 <= df * (1 + 1e-9)
    assert df <= (n_one + n_other - 2) * (1 + 1e-9)


def test_p_values_are_those_of_scipy():
    t, df = np.array([0.0, -2.5, 3.0]), np.array([4.0, 30.5, np.inf])
    expected = [
        2 * stats.t.sf(abs(one), d) if np.isfinite(d) else 2 * stats.norm.sf(abs(one))
        for one, d in zip(t, df, strict=True)
    ]
    assert t_test_p_values(t, df) == pytest.approx(expected)


@pytest.mark.parametrize("is_sequential", [False, True])
def test_intervals_and_p_values_agree(is_sequential):
    test = DifferenceTest(level=0.9, is_sequential=is_sequential, planned=500.0)
    quantile = test.quantile(20.0, 300.0)
    assert test.p_value(quantile, 20.0, 300.0) == pytest.approx(0.1)


def test_a_margin_of_nothing_is_the_difference():
    arms = (ArmMean(10.0, 0.5), ArmMean(11.0, 0.3))
    expected = 1.0 / np.sqrt(0.8)
    for margins in ({"margin": 0.0, "relative_margin": None}, {"margin": None, "relative_margin": 0.0}):
        assert non_inferiority_t(*arms, sign=1, **margins) == pytest.approx(expected)
        assert non_inferiority_t(*arms, sign=-1, **margins) == pytest.approx(-expected)


@pytest.mark.parametrize("control", [0.0, -1.0])
def test_a_relative_margin_needs_a_control_above_zero(control):
    arms = (ArmMean(control, 1.0), ArmMean(1.0, 1.0))
    assert np.isnan(non_inferiority_t(*arms, sign=1, margin=None, relative_margin=0.1))


def test_clusters_of_one_size_are_their_means():
    sums, sizes = np.array([3.0, -1.0, -2.0, 0.0]), np.full(4, 5.0)
    arm = clustered_mean(7.0, sums, sizes)
    assert arm.variance == pytest.approx(np.var(sums / 5, ddof=1) / 4)
    assert arm.df == pytest.approx(3.0)
    assert np.isnan(clustered_mean(7.0, np.array([0.0]), np.array([5.0])).variance)


def test_arms_of_one_size_have_no_skewness():
    assert skewness_of_difference(np.array([50.0, 50.0]), np.array([9.0, 4.0]), np.array([80.0, 3.0])) == 0.0
    assert skewness_of_difference(np.array([50.0, 5.0]), np.zeros(2), np.zeros(2)) == 0.0


# Adjusted means


def arms_with_covariate(rng=0, n=60):
    rng = np.random.default_rng(rng)
    x = rng.normal(0, 2, (2, n))
    return 1 + 0.5 * x + rng.normal(0, 1, (2, n)) + np.array([[0.0], [0.3]]), x


def test_adjusted_means_are_those_of_the_regression():
    y, x = arms_with_covariate()
    arms = [StrataMoments.of(*pair) for pair in zip(y, x, strict=True)]
    slope, explained = covariate_slope(*arms)
    design = np.column_stack([np.repeat([1.0, 0.0], 60), np.repeat([0.0, 1.0], 60), x.ravel() - x.mean()])
    coefficients = np.linalg.lstsq(design, y.ravel(), rcond=None)[0]
    centre, variance = covariate_mean(*arms, np.ones(1))
    means = [adjusted_mean(arm, np.ones(1), slope, centre, is_share=False) for arm in arms]
    assert [means[0].mean, means[1].mean, slope] == pytest.approx(coefficients)
    assert 0 < explained < 1
    assert centre == pytest.approx(x.mean())
    assert variance == pytest.approx(np.var(x - x.mean(axis=1, keepdims=True)) * 120 / 118 / 120)


def test_without_variation_there_is_no_slope():
    constant = StrataMoments.of(np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    assert covariate_slope(constant, constant) == (0.0, 0.0)


def test_a_ratio_by_one_is_the_mean():
    y = arms_with_covariate()[0][0]
    ratio = ratio_of_means(StrataMoments.of(y, np.ones(60)), np.ones(1))
    assert (ratio.mean, ratio.variance, ratio.df) == pytest.approx((y.mean(), y.var(ddof=1) / 60, 59))
    assert np.isnan(ratio_of_means(StrataMoments.of(y, np.zeros(60)), np.ones(1)).mean)


def pass_rate(draw, runs=2_000):
    """Return the share of runs in which a margin that holds just so is passed."""
    scores = [draw(np.random.default_rng(seed)) for seed in range(runs)]
    return np.mean([t > 0 and t_test_p_values(t, df) / 2 < 0.025 for t, df in scores])


@pytest.mark.parametrize("margins", [{"margin": 0.02}, {"relative_margin": 1.0}])
def test_margins_of_few_events_over_strata_are_not_passed_by_chance(margins):
    """Ten strata of 27 and 6 units, of which 2 and 4 % have an event; without the restriction one in twelve passes."""
    n = np.array([[27.0] * 10, [6.0] * 10])
    weights = n.sum(axis=0) / n.sum()

    def draw(rng):
        shares = rng.binomial(n.astype(int), [[0.02], [0.04]]) / n
        given = {"margin": None, "relative_margin": None} | margins
        return margin_score(n, shares, weights, sign=-1, **given), np.inf

    assert pass_rate(draw) <= 0.035


def test_the_score_over_strata_is_that_of_each_summed():
    n, shares = np.array([[200.0, 50.0], [100.0, 80.0]]), np.array([[0.1, 0.2], [0.12, 0.3]])
    weights = n.sum(axis=0) / n.sum()
    gap, variance = 0.0, 0.0
    for h in range(2):
        control, new = shares_at_difference(n[:, h], shares[:, h], 0.05)
        assert new - control == pytest.approx(0.05)
        parts = control * (1 - control) / n[0, h] + new * (1 - new) / n[1, h]
        variance += weights[h] ** 2 * parts * n[:, h].sum() / (n[:, h].sum() - 1)
        gap += weights[h] * (shares[0, h] + 0.05 - shares[1, h])
    score = margin_score(n, shares, weights, sign=-1, margin=0.05, relative_margin=None)
    assert score == pytest.approx(gap / np.sqrt(variance))
    doubled = margin_score(n, shares, weights, sign=-1, margin=0.05, relative_margin=None, design_effect=4.0)
    assert doubled == pytest.approx(score / 2)


def test_shares_over_small_strata_keep_their_level():
    """Nothing differs between 100 strata of two units in each arm; p (1 - p) / n would find something in 17 %."""
    draws = (np.random.default_rng(0).random((2, 2_000, 100, 2)) < 0.3).astype(float)
    means, squares = draws.mean(axis=3), draws.var(axis=3) * 2
    weights, n, zeros = np.full(100, 0.01), np.full(100, 2.0), np.zeros(100)

    def arm(side, run):
        own, about = means[side, run], squares[side, run]
        moments = StrataMoments(n=n, value=own, second=zeros, squares=about, products=zeros, second_squares=zeros)
        return adjusted_mean(moments, weights, 0.0, 0.0, is_share=True)

    pairs = [(arm(0, run), arm(1, run)) for run in range(2_000)]
    t = [(treatment.mean - control.mean) / contrast_error(control, treatment) for control, treatment in pairs]
    p_values = t_test_p_values(t, [satterthwaite_df(*pair) for pair in pairs])
    assert 0.03 <= np.mean(p_values < 0.05) <= 0.07


# Sizes and looks


@pytest.mark.parametrize("power", [0.6, 0.8, 0.95])
def test_units_of_a_t_test_are_those_of_statsmodels(power):
    expected = TTestIndPower().solve_power(effect_size=0.3, alpha=0.05, power=power, ratio=2.0)
    assert t_test_units(1.0, 0.3, (1 / 3, 2 / 3), level=0.95, power=power) / 3 == pytest.approx(expected, rel=2e-2)


@given(st.floats(1, 5), st.floats(5, 5_000))
def test_more_units_give_more_power(z, n):
    assert t_test_power(z, 2 * n, 2 * n, 0.95) >= t_test_power(z, n, n, 0.95) - 1e-9


def test_a_third_of_the_units_is_the_same_whichever_arm_has_it():
    one, other = (
        pooled_z_test_units(0.5, 0.6, shares, level=0.95, power=0.8) for shares in ((1 / 3, 2 / 3), (2 / 3, 1 / 3))
    )
    assert one == pytest.approx(other, rel=0.03)
    assert one > pooled_z_test_units(0.5, 0.6, (0.5, 0.5), level=0.95, power=0.8)


@given(st.floats(10, 1e6), st.floats(0.001, 0.2))
def test_a_sequence_is_wider_than_an_interval_and_narrowest_where_it_is_tuned(planned, alpha):
    widths = boundary(np.array([planned / 20, planned, planned * 20]), alpha, planned) / np.sqrt([1 / 20, 1, 20])
    assert (boundary(planned, alpha, planned) > stats.norm.isf(alpha / 2)).all()
    other = boundary(planned, alpha, planned * 3), boundary(planned, alpha, planned / 3)
    assert boundary(planned, alpha, planned) <= min(other) + 1e-3
    assert (np.diff(widths) < 0).all()  # in units of the metric it only shrinks


def test_more_looks_need_less_drift():
    drifts = [drift_for_power(0.8, 0.05, looks) for looks in (1, 5, 60)]
    assert drifts == sorted(drifts, reverse=True)
