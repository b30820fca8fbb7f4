"""Trends: Kendall's score against the slow way, the size of the test under noise that lasts, and its power."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats.multiple_testing import adjust_p_values
from ecommine._stats.trend import corrected_autocorrelation, growth_rates, mann_kendall, noise_correlation

SERIES = st.lists(st.one_of(st.integers(0, 4), st.none()), min_size=3, max_size=30)


def autoregressive(n_series, n_periods, coefficient, rng):
    """Return stationary normal noise of variance one."""
    noise = rng.standard_normal((n_series, n_periods + 100))
    for period in range(1, noise.shape[1]):
        noise[:, period] += coefficient * noise[:, period - 1]
    return noise[:, 100:] * np.sqrt(1 - coefficient**2)


@given(values=SERIES)
@settings(max_examples=60)
def test_tau_is_the_share_of_rising_pairs_less_that_of_falling_ones(values):
    series = np.array([np.nan if value is None else value for value in values], dtype=float)
    known = series[~np.isnan(series)]
    signs = [np.sign(later - value) for i, value in enumerate(known) for later in known[i + 1 :]]
    tau = mann_kendall(series[None]).tau[0]
    if len(known) < 10 or len(set(known)) < 2:
        assert np.isnan(tau)
    else:
        assert tau == pytest.approx(np.mean(signs))


def test_independent_noise_has_kendalls_own_p_value():
    """Without autocorrelation the p-value is that of the normal approximation with ties, but for Student's tails."""
    scipy_stats = pytest.importorskip("scipy.stats")
    drawn = (np.random.default_rng(seed).integers(0, 6, 400) + np.arange(400) // 250 for seed in range(50))
    values = next(series for series in drawn if mann_kendall(series[None] * 1.0).autocorrelation[0] == 0).astype(float)
    expected = scipy_stats.kendalltau(np.arange(400), values, variant="b", method="asymptotic").pvalue
    found = mann_kendall(values[None]).p_value[0]
    assert scipy_stats.norm.isf(found / 2) == pytest.approx(scipy_stats.norm.isf(expected / 2), rel=0.02)


@given(values=st.lists(st.integers(1, 50), min_size=10, max_size=25))
@settings(max_examples=40)
def test_only_ranks_count(values):
    series = np.array([values], dtype=float)
    plain, bent = mann_kendall(series), mann_kendall(np.exp(series / 10))
    assert plain.tau == pytest.approx(bent.tau, nan_ok=True)
    assert plain.p_value == pytest.approx(bent.p_value, nan_ok=True)
    assert mann_kendall(-series).tau == pytest.approx(-plain.tau, nan_ok=True)


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.7])
def test_noise_that_lasts_is_no_trend(coefficient):
    """Of 2,000 series of 53 weeks at most 5 % have a trend after correction; uncorrected ranks find .15 at .7."""
    noise = autoregressive(2_000, 53, coefficient, np.random.default_rng(0))
    p_value = mann_kendall(noise, pooled=noise_correlation(noise)).p_value
    assert (adjust_p_values(p_value, "bh") < 0.05).mean() <= 0.05
    assert (p_value < 0.05).mean() < 0.09


@pytest.mark.parametrize(("coefficient", "least"), [(0.0, 0.95), (0.5, 0.35)])
def test_a_trend_of_one_and_a_half_deviations_is_found(coefficient, least):
    rng = np.random.default_rng(1)
    rising = autoregressive(500, 53, coefficient, rng) + np.linspace(0, 2, 53)
    test = mann_kendall(rising, pooled=noise_correlation(rising))
    assert (test.p_value < 0.05).mean() > least
    assert (test.tau[test.p_value < 0.05] > 0).all()


def test_the_decay_shows_through_noise_that_does_not_last():
    rng = np.random.default_rng(2)
    lasting = autoregressive(1_000, 104, 0.8, rng)
    pooled = noise_correlation(lasting + rng.standard_normal(lasting.shape))
    assert pooled.decay == pytest.approx(0.8, abs=0.08)
    assert pooled.mean == pytest.approx(0.36, abs=0.05)  # of ranks, less the line
    assert noise_correlation(rng.standard_normal((1_000, 104))).decay == 0


def test_series_that_differ_keep_their_own_correlation():
    rng = np.random.default_rng(7)
    both = np.concatenate([autoregressive(500, 104, 0.0, rng), autoregressive(500, 104, 0.8, rng)])
    pooled = noise_correlation(both)
    assert pooled.variance == pytest.approx(0.16, abs=0.05)
    test = mann_kendall(both, pooled=pooled)
    assert test.autocorrelation[:500].mean() < 0.1
    assert test.autocorrelation[500:].mean() > 0.7
    assert (adjust_p_values(test.p_value, "bh") < 0.05).mean() <= 0.05


def test_the_correlation_of_short_series_is_not_too_low():
    noise = autoregressive(4_000, 30, 0.6, np.random.default_rng(4))
    assert corrected_autocorrelation(noise).mean() == pytest.approx(0.6, abs=0.04)


def test_too_few_periods_and_equal_values_are_not_tested():
    values = np.full((3, 12), np.nan)
    values[0, :9], values[1], values[2] = np.arange(9), 5.0, np.arange(12)
    assert np.isnan(mann_kendall(values).p_value).tolist() == [True, True, False]


def test_growth_of_counts_is_that_of_a_poisson_regression():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(5)
    time, expected = np.linspace(0, 2, 40), rng.uniform(1, 3, 40)
    counts = rng.poisson(expected * np.exp(0.7 * time)).astype(float)
    counts[3] = np.nan
    rate = growth_rates(counts[None], expected[None], time, np.zeros(1))
    known = ~np.isnan(counts)
    fit = sm.GLM(
        counts[known],
        sm.add_constant(time[known]),
        family=sm.families.Poisson(),
        offset=np.log(expected[known]),
    ).fit(scale="X2")
    assert rate.estimate[0] == pytest.approx(fit.params[1], abs=1e-6)
    assert rate.error[0] == pytest.approx(max(fit.bse[1], fit.bse[1] / np.sqrt(fit.scale)), rel=1e-4)


def test_growth_intervals_hold_the_growth():
    rng, time = np.random.default_rng(6), np.arange(53) / 52
    noise = autoregressive(1_000, 53, 0.5, rng)
    counts = rng.poisson(30 * np.exp(0.5 * time + 0.3 * noise)).astype(float)
    test = mann_kendall(counts)
    rate = growth_rates(counts, np.ones_like(counts), time, test.autocorrelation, decay=0.5)
    from scipy.special import stdtrit

    margin = stdtrit(rate.df, 0.975) * rate.error
    assert 0.9 <= (np.abs(rate.estimate - 0.5) < margin).mean() <= 0.99


def test_nothing_counted_has_no_growth():
    rate = growth_rates(np.zeros((1, 12)), np.ones((1, 12)), np.arange(12.0), np.zeros(1))
    assert np.isnan(rate.estimate[0])
    assert np.isnan(rate.error[0])
