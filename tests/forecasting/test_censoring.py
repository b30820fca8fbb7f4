"""Demand behind sold-out periods: a refilled shelf, the likelihood by brute force, and what stays as it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ecommine.forecasting._censoring import _moments_beyond, uncensored_demand


def refilled(rate, every, share, *, shape=None, n_series=120, n_days=364, seed=0):
    """Simulate shelves refilled every few days to a share of the demand: demand, sales, and whether they sold out."""
    rng = np.random.default_rng(seed)
    mean = np.broadcast_to(rate, (n_series, n_days))
    wanted = rng.poisson(mean if shape is None else rng.gamma(shape, mean / shape))
    on_hand, sold, opening = np.zeros(n_series), np.zeros(mean.shape), np.zeros(mean.shape)
    for day in range(n_days):
        if day % every == 0:
            on_hand = np.full(n_series, np.round(share * np.mean(rate) * every))
        opening[:, day] = on_hand
        sold[:, day] = np.minimum(wanted[:, day], on_hand)
        on_hand = on_hand - sold[:, day]
    known = np.where(opening > 0, sold, np.nan)
    return wanted, known, (sold >= opening) & (opening > 0)


@pytest.mark.parametrize(
    ("rate", "every", "share", "shape"),
    [(1, 7, 0.8, None), (3, 7, 0.8, None), (10, 7, 0.8, None), (3, 14, 0.8, None), (5, 1, 1.0, None),
     (3, 7, 0.8, 2), (5, 7, 0.9, 1)],
)  # fmt: skip
def test_the_refilled_shelf_shows_its_demand(rate, every, share, shape):
    wanted, sold, is_censored = refilled(rate, every, share, shape=shape)
    naive = np.nan_to_num(sold).mean() / wanted.mean() - 1
    estimate = uncensored_demand(sold, is_censored)
    assert naive < -0.15
    assert abs(estimate.rate.mean() / wanted.mean() - 1) < 0.03
    assert abs(np.nanmean(estimate.demand) / wanted[~np.isnan(sold)].mean() - 1) < 0.03


def test_busy_days_of_the_week_are_not_taken_for_quiet_ones():
    week = np.array([0.6, 0.6, 0.7, 0.9, 1.2, 1.7, 1.3])
    wanted, sold, is_censored = refilled(4 * np.resize(week, 364), 7, 0.85)
    estimate = uncensored_demand(sold, is_censored, season_length=7)
    saturday = np.arange(364) % 7 == 5
    assert estimate.rate[:, saturday].mean() == pytest.approx(4 * 1.7, rel=0.05)
    assert abs(estimate.rate.mean() / wanted.mean() - 1) < 0.03


@pytest.mark.parametrize("dispersion", [1.0, 2.5])
@pytest.mark.parametrize("sold", [0.0, 1.0, 4.0, 9.0])
def test_moments_beyond_are_sums_over_the_distribution(dispersion, sold):
    rate = 3.0
    counts = np.arange(400)
    chance = (
        stats.poisson.pmf(counts, rate)
        if dispersion == 1
        else stats.nbinom.pmf(counts, rate / (dispersion - 1), 1 / dispersion)
    )
    beyond = np.where(counts >= sold, chance, 0)
    first, second = _moments_beyond(np.array([sold]), np.array([rate]), np.array([dispersion]))
    assert first[0] == pytest.approx((counts * beyond).sum() / beyond.sum(), rel=1e-8)
    assert second[0] == pytest.approx((counts**2 * beyond).sum() / beyond.sum(), rel=1e-8)


@given(
    sold=st.lists(st.integers(0, 9), min_size=4, max_size=30),
    flags=st.lists(st.booleans(), min_size=30, max_size=30),
)
@settings(max_examples=40)
def test_only_sold_out_periods_change_and_only_upwards(sold, flags):
    units = np.array([sold], dtype=float)
    is_censored = np.array([flags[: len(sold)]])
    demand = uncensored_demand(units, is_censored).demand
    assert (demand[~is_censored] == units[~is_censored]).all()
    assert (demand[is_censored] >= units[is_censored]).all()


def test_unknown_periods_stay_unknown_and_the_caller_keeps_his_array():
    sold = np.array([[2.0, np.nan, 3.0, 1.0]])
    before = sold.copy()
    demand = uncensored_demand(sold, np.array([[False, True, False, True]])).demand
    assert np.isnan(demand[0, 1])
    assert demand[0, 3] > 1
    assert np.array_equal(sold, before, equal_nan=True)


def test_a_series_that_always_sells_out_keeps_to_what_it_sold():
    estimate = uncensored_demand(np.full((1, 10), 1e9), np.ones((1, 10), dtype=bool))
    assert np.isfinite(estimate.demand).all()
    assert (estimate.demand >= 1e9).all()


def test_where_each_sale_emptied_the_shelf_demand_is_poisson():
    """With one piece on the shelf only P(D > 0) shows: any spread fits it, the more of it the higher the mean."""
    rng = np.random.default_rng(0)
    wanted = rng.poisson(0.24, (50, 364))
    sold, is_censored = np.minimum(wanted, 1).astype(float), wanted > 0
    estimate = uncensored_demand(sold, is_censored)
    assert (estimate.dispersion == 1).all()
    assert estimate.rate.mean() == pytest.approx(wanted.mean(), rel=0.03)
    assert estimate.rate.max() < 0.6


def test_series_that_stand_early_do_not_depend_on_those_that_do_not():
    _, sold, is_censored = refilled(4, 7, 0.8, n_series=6)
    hard = np.where(np.arange(364) % 5 == 0, 40.0, 1.0)[None]
    both = uncensored_demand(np.vstack([sold, hard]), np.vstack([is_censored, hard == 1]))
    assert both.rate[:-1] == pytest.approx(uncensored_demand(sold, is_censored).rate, rel=1e-3)
