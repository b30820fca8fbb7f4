"""Seasons, searches, rolling origins and distributions of many series: slow versions, coverage, size and power."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ecommine.forecasting import Combination, NegativeBinomial, Theta
from ecommine.forecasting._distribution.blocks import MAX_ORIGINS, project, rolling_origins, scaled_errors
from ecommine.forecasting._distribution.conformal import error_quantiles, errors_of_all_periods, pool, rising
from ecommine.forecasting._distribution.counts import count_quantiles
from ecommine.forecasting._distribution.predictive import Horizon, error_groups, known_scales, predict, variance_growth
from ecommine.forecasting._smoothing.search import minimise
from ecommine.forecasting._smoothing.season import adjust, interpolate, is_seasonal

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


@given(
    mean=st.floats(0.01, 500), ratio=st.floats(1.0, 30), p=st.sampled_from([0.01, 0.05, 0.25, 0.5, 0.9, 0.95, 0.999])
)
@settings(max_examples=200)
def test_count_quantiles_are_those_of_scipy(mean, ratio, p):
    ratio = max(ratio, 1.001)
    expected = stats.nbinom.ppf(p, mean / (ratio - 1), 1 / ratio)
    found = count_quantiles(np.array([mean]), np.array([mean * ratio]), np.array([p]))[0, 0]
    assert found == expected


def test_count_quantiles_of_nothing_and_of_the_unknown():
    found = count_quantiles(np.array([0.0, np.nan]), np.array([0.0, np.nan]), LEVELS)
    assert found[0].tolist() == [0] * 5
    assert np.isnan(found[1]).all()


def test_planted_indices_are_found():
    index = 1 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)
    demand = (100 + np.arange(96)) * np.tile(index, 8)
    for log, expected in ((False, index), (True, np.log(index) - np.log(index).mean())):
        adjusted = adjust(demand[None], 12, log=np.array([log]))
        np.testing.assert_allclose(adjusted.indices[0], expected, atol=0.01)
        restored = adjusted.restore(adjusted.values[:, -12:])
        np.testing.assert_allclose(restored[0], demand[-12:], rtol=1e-9)


def test_a_series_with_a_zero_has_terms_and_no_logarithm():
    demand = np.tile([0.0, 5, 9, 4], 10)[None]
    adjusted = adjust(demand, 4, log=np.array([True]))
    assert not adjusted.is_log[0]
    assert not adjusted.is_factor[0]
    np.testing.assert_allclose(adjusted.values + np.tile(adjusted.indices, 10), demand, atol=1e-9)


def test_the_size_and_the_power_of_the_test_of_a_season():
    """At most 5 % of series of noise (fewer: autocorrelations of five seasons are low), nearly all with a season."""
    noise = np.random.default_rng(0).normal(size=(20_000, 60))
    assert 0.005 <= is_seasonal(noise, 12).mean() <= 0.05
    season = np.sin(2 * np.pi * np.arange(60) / 12)
    assert is_seasonal(noise[:2_000] + 2 * season, 12).mean() >= 0.9
    assert not is_seasonal(noise[:10], 1).any()
    assert not is_seasonal(noise[:10, :30], 12).any()


def test_indices_are_shrunk_even_where_noise_passed_the_test():
    noise = np.exp(np.random.default_rng(0).normal(0, 0.2, (500, 60)))
    shrunk = adjust(noise, 12, log=np.ones(500, dtype=bool))
    plain = adjust(noise, 12, log=np.zeros(500, dtype=bool))
    is_found = np.abs(shrunk.indices).sum(axis=1) > 0
    assert (np.abs(shrunk.indices[is_found]).mean()) < 0.8 * np.abs(np.log(plain.indices[is_found])).mean()


def test_holes_are_filled_on_straight_lines():
    filled = interpolate(np.array([[np.nan, 1, np.nan, 3, np.nan], [np.nan] * 5]))
    np.testing.assert_array_equal(filled, [[np.nan, 1, 2, 3, 3], [np.nan] * 5])


@given(n=st.integers(1, 300), optimum=st.floats(0.05, 0.95))
@settings(max_examples=30)
def test_the_search_finds_the_least_of_each_series(n, optimum):
    targets = np.linspace(0.05, optimum, n)

    def loss(x):
        return (x[0] - np.resize(targets, x.shape[1])) ** 2 + (x[1] - 0.5) ** 2

    grid = [(first, second) for first in (0.1, 0.5, 0.9) for second in (0.2, 0.7)]
    found = minimise(loss, grid, [(0, 1), (0, 1)], n, rounds=10)
    np.testing.assert_allclose(found, [targets, np.full(n, 0.5)], atol=0.02)


@given(n_periods=st.integers(1, 400), horizon=st.integers(1, 60))
def test_origins_are_few_ascending_and_leave_a_history(n_periods, horizon):
    origins = rolling_origins(n_periods, horizon)
    assert len(origins) <= MAX_ORIGINS
    assert (np.diff(origins) > 0).all()
    assert (origins >= 2).all() or n_periods < 3
    assert (origins < n_periods).all()
    if n_periods >= 3 * horizon and n_periods > 6:
        assert origins[-1] == n_periods - horizon


def test_pooled_errors_cover_what_they_should():
    """Errors of other origins are exchangeable with the new one: 4,000 runs of 19 errors, and one more."""
    drawn = np.random.default_rng(0).standard_t(4, (4_000, 20))
    inside = []
    for errors in drawn:
        low, high = error_quantiles(errors[:19, None], np.array([0.1, 0.9]))[0]
        inside.append(low <= errors[19] <= high)
    assert 0.78 <= np.mean(inside) <= 0.82


@pytest.mark.parametrize(("n_periods", "peaks"), [(120, "chance"), (150, "chance"), (120, "even"), (200, "third")])
def test_no_step_sees_only_every_other_period(n_periods, peaks):
    """Peaks that fall on even periods, or by chance more on them, are no pattern of the steps ahead."""
    rng = np.random.default_rng(1)
    is_peak = rng.random(n_periods) < 0.15
    if peaks != "chance":
        is_peak &= np.arange(n_periods) % (2 if peaks == "even" else 3) == 0
    demand = (rng.poisson(100, n_periods) * np.where(is_peak, 2, 1)).astype(float)[None]
    projections = project(Combination(), demand, 1, 12)
    assert projections.spacing > 1
    effects = Horizon(factor=np.ones((1, 12)), log_std=np.zeros((1, 12)), is_count=np.array([True]))
    made = predict(projections, error_groups(projections), effects, LEVELS)
    assert np.abs(np.diff(made.mean[0])).max() < 5
    p90 = made.quantiles[0, 2:, 3]
    assert np.abs(np.diff(p90)).max() < 12
    assert abs(p90[::2].mean() - p90[1::2].mean()) < 6


@given(spacing=st.integers(1, 9), horizon=st.integers(1, 12))
def test_every_step_has_the_errors_of_as_many_periods(spacing, horizon):
    origins = spacing * np.arange(5)
    period = (origins[:, None] + np.arange(horizon)) % spacing
    errors = np.where(period == 0, 3.0, -1.0)[None]
    pooled = errors_of_all_periods(errors, spacing)
    if horizon >= spacing:
        assert ((pooled > 0).sum(axis=0) == len(origins)).all()
    assert len(pooled) == len(origins) * min(spacing, horizon)


@given(values=st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_rising_values_keep_their_mean(values):
    risen = rising(np.array(values), np.ones(len(values)))
    assert (np.diff(risen) >= 0).all()
    assert risen.mean() == pytest.approx(np.mean(values))


@pytest.mark.parametrize("first", [1, 7, 40])
def test_the_rate_of_one_period_is_an_estimate(first):
    """With every rate as likely as others before, the next count is gamma-Poisson: twice the variance of a Poisson."""
    projections = project(NegativeBinomial(), np.array([[float(first)]]), 1, 1)
    effects = Horizon(factor=np.ones((1, 1)), log_std=np.zeros((1, 1)), is_count=np.array([True]))
    made = predict(projections, error_groups(projections), effects, LEVELS)
    outer = [0, 1, 3, 4]  # exactly half of the distribution lies below its mean
    np.testing.assert_array_equal(made.quantiles[0, 0, outer], stats.nbinom.ppf(LEVELS[outer], first, 0.5))


def test_the_level_of_a_new_product_is_less_sure_than_that_of_an_old_one():
    demand = np.random.default_rng(5).poisson(9, (40, 60)).astype(float)
    demand[0, :-2] = np.nan
    scales = known_scales(project(NegativeBinomial(), demand, 1, 2))
    usual = scales[1:] / np.sqrt(project(NegativeBinomial(), demand, 1, 2).mean[1:, 0])
    assert usual.mean() == pytest.approx(1, abs=0.1)
    projections = project(NegativeBinomial(), demand, 1, 2)
    assert scales[0] == pytest.approx(projections.scale[0] * np.sqrt(1 + 1 / 2 - 1 / 60))


def test_steps_that_no_origin_saw_grow_with_the_root():
    errors = np.column_stack([np.linspace(-1, 1, 99), np.full(99, np.nan), np.full(99, np.nan), np.full(99, np.nan)])
    found = error_quantiles(errors, np.array([0.1, 0.9]))
    np.testing.assert_allclose(found[3], 2 * found[0])


def test_small_groups_take_the_errors_of_all():
    assert pool(np.array([0, 0, 1, 2]), np.array([True, True, True, False]), 2).tolist() == [0, 0, -1, -1]


def plain_horizon(n_series, horizon, *, is_count=True, log_std=0.0):
    shape = (n_series, horizon)
    return Horizon(factor=np.ones(shape), log_std=np.full(shape, log_std), is_count=np.full(n_series, is_count))


def test_quantiles_of_slow_movers_hold():
    """Counts of known rate and dispersion: the randomised distribution function is uniform."""
    drawn = np.random.default_rng(0)
    rate = drawn.gamma(2, 0.4, 1_500)[:, None]
    counts = drawn.poisson(drawn.gamma(1.0, rate, (1_500, 66))).astype(np.float64)
    history, future = counts[:, :60], counts[:, 60:]
    fine = (np.arange(199) + 1) / 200
    predictive = predict(
        project(NegativeBinomial(), history, 1, 6), np.zeros(1_500, int), plain_horizon(1_500, 6), fine
    )
    at_most = (predictive.quantiles <= future[:, :, None]).mean(axis=2)
    below = (predictive.quantiles <= future[:, :, None] - 1).mean(axis=2)
    pit = below + (at_most - below) * drawn.random(below.shape)
    for level in (0.8, 0.95):
        assert (np.abs(pit - 0.5) <= level / 2).mean() == pytest.approx(level, abs=0.02)
    assert predictive.mean.sum() == pytest.approx(future.sum(), rel=0.05)


def test_quantiles_of_fast_movers_hold():
    """Random walks with noise, another volatility each: intervals of all steps cover what they should."""
    drawn = np.random.default_rng(1)
    sigma = drawn.uniform(0.02, 0.15, (800, 1))
    log_level = np.cumsum(sigma / 3 * drawn.normal(size=(800, 92)), axis=1)
    demand = 200 * np.exp(log_level + sigma * drawn.normal(size=(800, 92)))
    projections = project(Combination(), demand[:, :80], 1, 12)
    horizon = plain_horizon(800, 12, is_count=False)
    found = predict(projections, error_groups(projections), horizon, LEVELS).quantiles
    future = demand[:, 80:]
    for low, high, level in ((1, 3, 0.8), (0, 4, 0.95)):
        inside = ((future >= found[:, :, low]) & (future <= found[:, :, high])).mean(axis=0)
        assert inside.mean() == pytest.approx(level, abs=0.03)
        assert inside.min() >= level - 0.06


def test_an_uncertain_factor_widens_the_quantiles():
    demand = 100 + np.random.default_rng(0).normal(0, 2, (200, 40))
    projections = project(Theta(), demand, 1, 3)
    groups = error_groups(projections)
    sure, unsure = (
        predict(projections, groups, plain_horizon(200, 3, is_count=False, log_std=std), LEVELS).quantiles
        for std in (0.0, 0.2)
    )
    width = (unsure[:, :, 3] - unsure[:, :, 1]) / (2 * 1.2816)
    own = (sure[:, :, 3] - sure[:, :, 1]) / (2 * 1.2816)
    np.testing.assert_allclose(width.mean(), np.sqrt(own.mean() ** 2 + 20**2), rtol=0.1)
    np.testing.assert_allclose(unsure[:, :, 2], sure[:, :, 2])


def test_a_factor_multiplies_counts_and_their_variance():
    counts = np.random.default_rng(0).poisson(2.0, (300, 50)).astype(np.float64)
    projections = project(NegativeBinomial(alpha=0.1), counts, 1, 2)
    doubled = Horizon(factor=np.array([[1.0, 2.0]] * 300), log_std=np.zeros((300, 2)), is_count=np.ones(300, bool))
    found = predict(projections, np.zeros(300, int), doubled, LEVELS)
    np.testing.assert_allclose(found.mean[:, 1], 2 * found.mean[:, 0])
    assert (found.quantiles[:, 1, 3] > found.quantiles[:, 0, 3]).mean() > 0.9


def test_series_without_a_scale_take_that_of_the_others():
    demand = np.vstack([100 + np.random.default_rng(0).normal(0, 5, (50, 30)), np.full((1, 30), 40.0)])
    projections = project(Theta(), demand, 1, 2)
    scales = known_scales(projections)
    assert scales[-1] == pytest.approx(40 * np.median(scales[:-1] / projections.mean[:-1, 0]), rel=0.05)
    assert (variance_growth(projections, np.zeros(51, bool)) == 1).all()


def test_scaled_errors_by_hand():
    demand = np.array([[4.0, 6, 4, 6, 4, 6, 4, 6, 4, 6], [5.0] * 10])
    projections = project(NegativeBinomial(alpha=0.0), demand, 1, 2)
    rmsse, n_origins = scaled_errors(projections, demand)
    errors = [
        demand[0, origin + step] - demand[0, :origin].mean() for origin in projections.origins for step in range(2)
    ]
    is_used = projections.origins >= 5  # half of the history, at least
    used = np.array(errors).reshape(-1, 2)[is_used]
    assert rmsse[0] == pytest.approx(np.sqrt((used**2).mean()) / 2)
    assert np.isnan(rmsse[1])
    assert n_origins.tolist() == [is_used.sum()] * 2
