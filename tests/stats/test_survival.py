"""Kaplan and Meier's estimate: by hand, against statsmodels and a slow version, and how often it holds the truth."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from ecommine._stats.clusters import effective_sample_size, influence_covariance, influence_products
from ecommine._stats.intervals import normal_quantile, wilson_interval
from ecommine._stats.survival import (
    KaplanMeier,
    count_before,
    harmonic_mean_at_risk,
    index_durations,
    kaplan_meier_estimate,
)

HORIZON = 20
UNITS = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)

# Kalbfleisch and Prentice (1980), The statistical analysis of failure time data, table of the remission of 21 patients
# treated with 6-MP (Freireich et al. 1963; the survival curve stands in Cox and Oakes 1984, section 4.2).
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def columns(units):
    duration, event = zip(*units, strict=True)
    return np.array(duration), np.array(event)


def slow_survival(units, moment, weights=None):
    """Multiply the shares that go on, time by time."""
    weights = weights or [1.0] * len(units)
    survival = 1.0
    for time in sorted({min(duration, HORIZON) for duration, _ in units}):
        if time > moment:
            break
        clipped = [min(duration, HORIZON) for duration, _ in units]
        at_risk = sum(weight for weight, one in zip(weights, clipped, strict=True) if one >= time)
        events = sum(
            weight for weight, one, (_, event) in zip(weights, clipped, units, strict=True) if one == time and event
        )
        survival *= 1 - events / at_risk
    return survival


def slow_influence(units, unit, step=1e-6):
    """Differentiate the estimate by the weight of one unit, times the number of units."""
    more, less = (
        slow_survival(units, HORIZON, [1 + sign * step * (other == unit) for other in range(len(units))])
        for sign in (1, -1)
    )
    return len(units) * (less - more) / (2 * step)


def test_the_remission_of_leukemia_is_that_of_the_textbooks():
    curve = KaplanMeier.from_durations(np.array(WEEKS), np.array(RELAPSED, dtype=bool), 35)
    share, variance = curve.share_at([6, 7, 10, 13, 16, 22, 23, 35])
    np.testing.assert_allclose(1 - share, [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448, 0.448], atol=5e-4)
    np.testing.assert_allclose(np.sqrt(variance[:3]), [0.0764, 0.0869, 0.0963], atol=5e-5)
    kept = curve.time[curve.events > 0]
    assert kept.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk[curve.events > 0].tolist() == [21, 17, 15, 12, 11, 7, 6]


@given(units=UNITS)
@settings(max_examples=50)
def test_the_curve_is_that_of_statsmodels(units):
    duration, event = columns(units)
    clipped = np.minimum(duration, HORIZON)
    oracle = SurvfuncRight(clipped, event.astype(int))
    curve = KaplanMeier.from_durations(duration, event, HORIZON)
    share, variance = curve.share_at(oracle.surv_times)
    np.testing.assert_allclose(share, 1 - oracle.surv_prob, atol=1e-12)
    inside = oracle.surv_prob > 0  # statsmodels has no variance once nobody is left
    np.testing.assert_allclose(np.sqrt(variance[inside]), oracle.surv_prob_se[inside], atol=1e-9)
    at_risk = dict(zip(curve.time.tolist(), curve.at_risk, strict=True))
    assert [at_risk[time] for time in oracle.surv_times] == oracle.n_risk.tolist()


@given(units=UNITS)
@settings(max_examples=50)
def test_influences_are_the_slow_estimates_derivatives(units):
    duration, event = columns(units)
    share, influence = kaplan_meier_estimate(duration, event, HORIZON)
    assert share == pytest.approx(1 - slow_survival(units, HORIZON), abs=1e-12)
    slow = [slow_influence(units, unit) if share < 1 else 0.0 for unit in range(len(units))]
    np.testing.assert_allclose(influence, slow, atol=1e-6)
    assert influence.sum() == pytest.approx(0, abs=1e-9)


@given(units=UNITS)
@settings(max_examples=50)
def test_greenwoods_variance_is_the_mean_square_of_the_influences(units):
    duration, event = columns(units)
    curve = KaplanMeier.from_durations(duration, event, HORIZON)
    influence = curve.influence_of(duration, event)
    np.testing.assert_allclose(influence, kaplan_meier_estimate(duration, event, HORIZON).influence, atol=1e-12)
    products = influence_products(influence[None, :], None)
    assert influence_covariance(products, len(units))[0, 0] == pytest.approx(curve.variance, abs=1e-12)
    fewer = curve.only_events()
    np.testing.assert_allclose(fewer.influence_of(duration, event), influence, atol=1e-12)
    assert (fewer.estimate, fewer.variance) == (curve.estimate, curve.variance)
    assert (fewer.events[:-1] > 0).all()
    moments = np.arange(HORIZON + 1)
    np.testing.assert_array_equal(fewer.share_at(moments), curve.share_at(moments))
    np.testing.assert_array_equal(fewer.conditional(moments), curve.conditional(moments))


@given(units=UNITS, resolution=st.sampled_from([1, 7]))
@settings(max_examples=50)
def test_counts_units_and_coarser_units_of_time_give_one_curve(units, resolution):
    duration, event = columns(units)
    whole = KaplanMeier.from_durations(duration, event, HORIZON)
    finer = KaplanMeier.from_durations(duration * resolution, event, HORIZON * resolution, resolution=resolution)
    counted = [
        np.bincount(duration[kind & (duration < HORIZON)], minlength=HORIZON).tolist() for kind in (event, ~event)
    ]
    late = int((event & (duration >= HORIZON)).sum())
    other = KaplanMeier.from_counts(np.arange(HORIZON), *counted, late=late, n=len(units), horizon=HORIZON)
    for moment in range(HORIZON + 1):
        expected = 1 - slow_survival(units, moment)
        for curve, scale in ((whole, 1), (finer, resolution), (other, 1)):
            assert curve.share_at([moment * scale])[0][0] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(other.influence_of(duration, event), whole.influence_of(duration, event), atol=1e-12)


def test_without_censoring_it_is_the_binomial_share():
    duration = np.array([3, 8, 20, 25, 20])
    event = np.array([True, True, False, False, True])
    curve = KaplanMeier.from_durations(duration, event, HORIZON)
    assert curve.estimate == pytest.approx(0.6)
    assert curve.variance == pytest.approx(0.6 * 0.4 / 5)
    np.testing.assert_allclose(curve.influence_of(duration, event), event - 0.6, atol=1e-12)


def test_edges_nobody_everybody_and_nobody_to_the_horizon():
    nothing = np.zeros(0, dtype=np.int64)
    none = KaplanMeier.from_durations(nothing, nothing.astype(bool), HORIZON)
    assert (none.estimate, none.variance, len(none.influence_of(nothing, nothing.astype(bool)))) == (0.0, 0.0, 0)
    everybody = kaplan_meier_estimate(np.array([1, 2]), np.array([True, True]), HORIZON)
    assert everybody.share == 1.0
    assert not everybody.influence.any()
    at_entry = KaplanMeier.from_counts(nothing, nothing, nothing, late=3, n=3, horizon=HORIZON)
    assert at_entry.estimate == 1.0
    assert not at_entry.influence_event.any()
    early = KaplanMeier.from_durations(np.array([1, 5]), np.array([True, False]), HORIZON)
    assert early.estimate == 0.5
    assert early.at_risk[-1] == 0


def test_a_conditional_chance_is_that_of_the_units_still_there():
    duration = np.array([2, 5, 9, 12, 20, 20, 20, 20])
    event = np.array([True, True, False, True, False, False, True, False])
    curve = KaplanMeier.from_durations(duration, event, HORIZON)
    chance, error = curve.conditional([0, 5, 10, 20])
    for place, age in enumerate((0, 5, 10)):
        later = duration > age
        rest = KaplanMeier.from_durations(duration[later] - age, event[later], HORIZON - age)
        assert chance[place] == pytest.approx(rest.estimate)
        assert error[place] == pytest.approx(np.sqrt(rest.variance))
    assert (chance[3], error[3]) == (0.0, 0.0)
    done = KaplanMeier.from_durations(np.array([3, 3]), np.array([True, True]), HORIZON)
    assert np.isnan(done.conditional([4])[0][0])
    assert (done.conditional([2])[0][0], done.conditional([2])[1][0]) == (1.0, 0.0)


@given(times=st.lists(st.integers(0, 99), max_size=40), resolution=st.sampled_from([1, 10]))
@settings(max_examples=40)
def test_durations_are_found_again_by_their_index(times, resolution):
    duration = np.array(times, dtype=np.int64) * resolution
    index, found = index_durations(duration, 100 * resolution, resolution=resolution)
    np.testing.assert_array_equal(found[index], duration)
    assert (np.diff(found) > 0).all()
    assert len(found) <= max(4 * len(times), 1)


@given(times=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), max_size=10, unique_by=lambda one: one[0]))
@settings(max_examples=30)
def test_counts_before_moments_and_mean_at_risk_are_those_of_a_loop(times):
    time, count = np.array(sorted(times), dtype=np.int64).reshape(-1, 2).T
    before = count_before(time, count, np.arange(25))
    assert before.tolist() == [sum(n for at, n in times if at < moment) for moment in range(25)]
    n = int(count.sum()) + 3
    inverse = [1 / (n - sum(k for at, k in times if at <= second)) for second in range(25)]
    assert harmonic_mean_at_risk(time, count, n, 25) == pytest.approx(25 / sum(inverse))
    assert harmonic_mean_at_risk(time, count, n - 3, 25) == 0.0


def test_a_rare_event_is_known_as_well_as_from_the_harmonic_mean_at_risk():
    rng, horizon = np.random.default_rng(0), 1_000
    seen, wait = rng.integers(0, 1_200, 400_000), rng.geometric(2e-5, 400_000)
    event = wait <= np.minimum(seen, horizon)
    curve = KaplanMeier.from_durations(np.minimum(wait, seen), event, horizon)
    time, count = np.unique(seen[seen < horizon], return_counts=True)
    n = float(effective_sample_size(curve.estimate, curve.variance, np.nan))
    assert n == pytest.approx(harmonic_mean_at_risk(time, count, len(seen), horizon), rel=0.03)


def test_a_curve_travels_to_workers_that_have_numpy_alone():
    curve = KaplanMeier.from_durations(np.array([1, 2]), np.array([True, False]), 5)
    assert pickle.loads(pickle.dumps(curve)).survival.tolist() == curve.survival.tolist()
    code = "import sys; import ecommine._stats.survival; print({'scipy', 'pandas', 'statsmodels'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_intervals_hold_the_truth_when_windows_are_open():
    """2,000 runs of 150 units, two in three of them censored; counting open windows as lost is far off."""
    rng, horizon, rate = np.random.default_rng(0), 1_000, 0.0004
    truth = 1 - (1 - rate) ** (horizon + 1)
    covered, plain_covered, z = 0, 0, normal_quantile(0.95)
    for _ in range(2_000):
        wait, seen = rng.geometric(rate, 150) - 1, rng.integers(100, 1_300, 150)
        event = wait <= np.minimum(seen, horizon)
        curve = KaplanMeier.from_durations(np.minimum(wait, seen), event, horizon)
        n = effective_sample_size(curve.estimate, curve.variance, float((seen >= horizon).sum()))
        low, high = wilson_interval(curve.estimate, float(n), z)
        covered += low <= truth <= high
        low, high = wilson_interval(float(event.mean()), 150, z)
        plain_covered += low <= truth <= high
    assert 0.935 <= covered / 2_000 <= 0.965
    assert plain_covered / 2_000 < 0.6
