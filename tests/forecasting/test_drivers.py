"""What series share, events by their occurrences, differences of products, promotions, prices, seasons and peaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine.forecasting._drivers.common_factor import common_factor, dispersion_weights
from ecommine.forecasting._drivers.event_effects import EventDays, event_effects, parts_of_event
from ecommine.forecasting._drivers.product_effects import deviations_of_products
from ecommine.forecasting._drivers.promotions import price_elasticities, promotion_effects
from ecommine.forecasting._drivers.shared import comparable, shared_demand
from ecommine.forecasting._trends.season_factors import (
    means_of_weeks,
    month_factors,
    place_factors,
    raised_runs,
    running_median,
)
from ecommine.forecasting._trends.share_trends import share_trends


@given(
    levels=st.lists(st.floats(0.5, 50), min_size=2, max_size=8),
    factors=st.lists(st.floats(0.2, 5), min_size=2, max_size=12),
    seed=st.integers(0, 9),
)
@settings(max_examples=40)
def test_levels_and_the_factor_come_back_from_their_product_with_gaps(levels, factors, seed):
    units = np.outer(levels, factors)
    exposure = np.random.default_rng(seed).uniform(size=units.shape) > 0.2
    exposure[0], exposure[:, 0] = True, True
    shared = common_factor(units, exposure * 1.0)
    fitted = np.outer(shared.level, shared.factor)
    assert fitted[exposure] == pytest.approx(units[exposure], rel=0.02)
    assert shared.factor.mean() == pytest.approx(1)


def test_one_large_and_noisy_series_does_not_make_the_factor():
    rng = np.random.default_rng(0)
    units = rng.poisson(20, (30, 40)).astype(float)
    units[0] = 1e6 * rng.lognormal(0, 1.5, 40)
    assert common_factor(units, np.ones_like(units)).factor == pytest.approx(np.ones(40), abs=0.15)


def test_the_factor_of_others_leaves_a_series_out():
    rng = np.random.default_rng(1)
    units = rng.poisson(15, (6, 20)).astype(float)
    exposure = np.ones_like(units)
    shared = common_factor(units, exposure)
    theirs = shared.of_others(units, exposure)
    rest = np.arange(6) != 2
    weighted = shared.weight[rest, None] * units[rest]
    expected = (shared.weight[rest] * shared.level[rest]).sum()
    assert theirs[2] == pytest.approx(weighted.sum(axis=0) / expected)
    alone = common_factor(units[:1], exposure[:1])
    assert np.isnan(alone.of_others(units[:1], exposure[:1])).all()


def test_weights_are_one_over_variance_by_mean():
    rng = np.random.default_rng(2)
    y = np.stack([rng.poisson(9, 4000), 3 * rng.poisson(3, 4000)]).astype(float)
    weight = dispersion_weights(y, np.full(y.shape, 9.0), np.ones(y.shape, dtype=bool))
    assert weight == pytest.approx([1, 1 / 3], rel=0.08)


def test_the_first_sale_is_no_demand_to_compare():
    """Rare products whose rows begin with their first sale: the factor of the first days is not raised."""
    rng = np.random.default_rng(3)
    demand = rng.poisson(0.1, (400, 60)).astype(float)
    demand[~np.logical_or.accumulate(demand > 0, axis=1)] = np.nan
    assert shared_demand(demand, np.ones(60)).factor[10:] == pytest.approx(np.ones(50), abs=0.6)
    naive = np.nanmean(demand[:, :5])
    assert naive > 3 * np.nanmean(np.where(comparable(demand), demand, np.nan)[:, 5:])


def event_days(days_of_events, n_days, *, before=0, after=0, width=1):
    """One event with occurrences on some days, in periods of some days."""
    distance = np.arange(n_days)[None, :] - np.array(days_of_events)[:, None]
    design = np.concatenate([parts_of_event(row, before, after) for row in distance], axis=1)
    return EventDays(
        period=np.arange(n_days) // width, design=design, event=np.zeros(len(days_of_events), dtype=np.int64)
    )


def test_parts_of_an_event_by_hand():
    parts = parts_of_event(np.arange(-4, 4), 3, 2)
    assert parts[:, 0].tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 0, 0, 0, 0])
    assert parts[:, 1].tolist() == [0] * 8
    assert parts[:, 2].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    assert parts[:, 3].tolist() == pytest.approx([0, 0, 0, 0, 0, 1, 2 / 3, 0])
    early = parts_of_event(np.arange(-8, 1), 8, 0)[:, 1]
    assert early.argmax() == 5
    assert early.max() == pytest.approx(1)


def test_an_event_acts_by_its_share_of_the_days():
    """A day of factor 8 in a week of seven days raises the week to (8 + 6) / 7 = 2."""
    days = event_days([10, 73, 150], 28 * 7, width=7)
    assert days.factors(np.log(8) * np.tile([0, 0, 1, 0], 3))[[0, 1, 10, 21]] == pytest.approx([1, 2, 2, 2])
    common = np.where(np.isin(np.arange(20), [1, 10]), 2.0, 1.0)
    effects = event_effects(common, np.full(20, 7.0), None, days)
    assert effects.factor[21] == pytest.approx(2, rel=0.12)
    assert effects.factor[25] == pytest.approx(1)


def planted(n_seen, rng, *, between=0.3):
    """A year per occurrence with effects that differ between years; the next one is unknown."""
    days = [100 + 200 * k for k in range(n_seen + 1)]
    effects = np.log(3) + between * rng.standard_normal(n_seen + 1)
    log_demand = 0.05 * rng.standard_normal(200 * (n_seen + 1))
    for day, effect in zip(days, effects, strict=True):
        log_demand[day] += effect
    n_history = 200 * n_seen + 50
    return np.exp(log_demand[:n_history]), event_days(days, 200 * (n_seen + 1)), days[-1], effects[-1]


@pytest.mark.parametrize("n_seen", [1, 3])
def test_the_interval_holds_the_effect_of_the_next_year(n_seen):
    """Years differ by .3 on the logarithm: an interval that counts products would hold 8 % of the effects."""
    rng = np.random.default_rng(4)
    inside = []
    for _ in range(150):
        common, days, next_day, truth = planted(n_seen, rng)
        effects = event_effects(common, np.ones(len(common)), None, days)
        inside.append(abs(np.log(effects.factor[next_day]) - truth) < 1.96 * effects.log_std[next_day])
    assert 0.86 <= np.mean(inside) <= 1


def test_more_occurrences_make_the_interval_narrower():
    rng = np.random.default_rng(5)
    width = []
    for n_seen in (1, 2, 5):
        common, days, next_day, _ = planted(n_seen, rng, between=0.0)
        width.append(event_effects(common, np.ones(len(common)), None, days).log_std[next_day])
    assert width[0] > width[1] > width[2]


def test_growth_and_the_week_are_no_events():
    rng = np.random.default_rng(6)
    n = 500
    week = np.array([0.8, 0.8, 0.9, 1, 1.1, 1.3, 1.1])
    weekday = np.arange(n) % 7
    common = week[weekday] * np.exp(np.linspace(0, 1, n) + 0.05 * rng.standard_normal(n))
    effects = event_effects(common, np.ones(n), weekday, event_days([103, 306, 560], 600))
    assert effects.factor[560] == pytest.approx(1, abs=0.12)


def test_products_differ_from_the_event_only_where_they_do():
    rng = np.random.default_rng(7)
    shape = np.where(np.arange(120) == 60, 4.0, 1.0)
    days = event_days([60], 125)
    own = np.ones(60)
    alike = rng.poisson(np.outer(np.full(60, 20.0), shape)).astype(float)
    own[:20] = 2.5
    different = rng.poisson(np.outer(np.full(60, 20.0), np.ones(120)) * np.where(np.arange(120) == 60, 4.0, 1.0)
                            * np.where(np.arange(120) == 60, own[:, None], 1)).astype(float)  # fmt: skip
    for demand, spread in ((alike, 0.03), (different, 0.47)):
        shared = shared_demand(demand, np.ones(120))
        effects = event_effects(shared.factor, np.ones(120), None, days)
        ratio = deviations_of_products(demand, shared.factor, shared.weight, np.ones(120), effects).ratio[:, 0]
        assert ratio.std() == pytest.approx(spread, abs=0.12)
    assert ratio[:20].mean() / ratio[20:].mean() == pytest.approx(2.5, rel=0.2)


def promoted(rng, gain, n_series=80, n_periods=60):
    promotion = (rng.uniform(size=(n_series, n_periods)) < 0.15) * 1.0
    mean = rng.uniform(2, 15, n_series)[:, None] * np.where(promotion > 0, gain, 1)
    return rng.poisson(mean).astype(float), promotion


def test_promotions_are_found_and_products_alike_share_them():
    rng = np.random.default_rng(8)
    demand, promotion = promoted(rng, 2.0)
    shape, weight = np.ones(60), np.ones(80)
    effects = promotion_effects(demand, promotion, shape, weight, (0.0, 0.0))
    assert np.exp(effects.log_effect) == pytest.approx(np.full(80, 2.0), rel=0.1)
    unknown = np.where(rng.uniform(size=promotion.shape) < 0.3, np.nan, promotion)
    assert np.exp(promotion_effects(demand, unknown, shape, weight, (0.0, 0.0)).log_effect).mean() == pytest.approx(
        2.0, rel=0.1
    )


def test_a_promotion_that_was_hardly_seen_has_no_effect():
    assert promotion_effects(np.ones((2, 9)), np.zeros((2, 9)), np.ones(9), np.ones(2), (0.1, 0.2)) is None


def test_elasticities_come_back_and_prices_that_stand_still_tell_none():
    rng = np.random.default_rng(9)
    log_price = 0.2 * rng.standard_normal((60, 80))
    truth = -1.5 + 0.5 * rng.standard_normal(60)
    demand = rng.poisson(10 * np.exp(truth[:, None] * log_price)).astype(float)
    known = np.ones(demand.shape, dtype=bool)
    effects = price_elasticities(demand, log_price, known, np.ones(80), np.ones(60))
    assert effects.log_effect.mean() == pytest.approx(-1.5, abs=0.15)
    assert np.corrcoef(effects.log_effect, truth)[0, 1] > 0.8
    assert (np.abs(effects.log_effect - truth) < 2.5 * effects.log_std).mean() > 0.9
    assert price_elasticities(demand, np.zeros_like(log_price), known, np.ones(80), np.ones(60)) is None


def test_running_medians_and_means_the_slow_way():
    values = np.array([3.0, np.nan, 8.0, 1.0, 5.0, 2.0, 9.0, 4.0])
    slow = [np.nanmedian(values[max(i - 2, 0) : i + 3]) for i in range(8)]
    assert running_median(values, np.ones(8), 2.0).tolist() == slow
    means = [np.nanmean(values[max(i - 3, 0) : i + 4]) for i in range(8)]
    assert means_of_weeks(values) == pytest.approx(means)


def test_factors_of_places_hold_the_truth():
    rng, truth = np.random.default_rng(10), np.array([0.8, 1.0, 1.25])
    inside = []
    for _ in range(200):
        place = np.arange(30) % 3
        found = place_factors(place, truth[place] * np.exp(0.2 * rng.standard_normal(30)), 0.95)
        inside.append((found.low < truth) & (truth < found.high))
    assert 0.9 < np.mean(inside) <= 1
    assert found.n_seen.tolist() == [10, 10, 10]


def test_months_beside_growth():
    month = np.repeat(np.arange(5, 41), 3)
    factor = np.exp(0.02 * month) * np.where(month % 12 == 11, 2, 1)
    found = month_factors(month, factor, 0.95)
    assert found.factor[11] / found.factor[:11] == pytest.approx(np.full(11, 2.0))
    assert found.n_seen.tolist() == [3] * 12


def test_runs_end_with_a_longer_gap_and_chance_is_no_peak():
    ratio = np.array([1, 2, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1.0])
    assert raised_runs(ratio, np.ones(13), 1.0) == [(1, 1), (4, 6)]
    assert raised_runs(ratio, np.ones(13), 2.0) == [(1, 6)]
    noise = np.exp(0.3 * np.random.default_rng(11).standard_normal(200))
    assert len(raised_runs(noise, np.ones(200), 0.0)) <= 2
    assert raised_runs(np.full(3, np.nan), np.ones(3), 1.0) == []


def test_the_share_of_the_shop_has_no_season_and_no_growth_of_all():
    rng, weeks = np.random.default_rng(12), np.arange(53)
    season = np.exp(0.5 * np.sin(weeks / 52 * 2 * np.pi) + weeks / 52)
    demand = rng.poisson(rng.uniform(2, 40, 400)[:, None] * season).astype(float)
    found = share_trends(demand, np.full(53, 7.0), step=1, unit_days=365.25, level=0.95)
    assert (found.p_value < 0.05).mean() < 0.08
    assert np.abs(found.growth).mean() < 0.25
    outside = (found.growth_low > 0) | (found.growth_high < 0)
    assert outside.mean() < 0.09


def test_days_are_tested_in_weeks_and_long_histories_in_longer_periods():
    rng = np.random.default_rng(13)
    week = np.array([1, 1, 1, 1, 2, 4, 3.0])
    demand = rng.poisson(np.stack([3 * np.resize(week, 1000)] * 6)).astype(float)
    demand[0] = rng.poisson(3 * np.resize(week, 1000) * np.exp(np.arange(1000) / 730))
    found = share_trends(demand, np.ones(1000), step=7, unit_days=365.25, level=0.95)
    assert found.p_value[0] < 1e-6
    assert found.growth[0] == pytest.approx(0.5, abs=0.12)
