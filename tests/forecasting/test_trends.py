"""Trends of products: what rises, what only moves with the shop, the season and the peaks to come."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import forecasting
from forecasting.tables import in_order, sales
from libraries import to_pandas
from notes import note_counts

NAN = np.nan
WEEKS = np.arange(53)


def lasting(n_series, n_periods, coefficient, rng):
    """Return stationary normal noise of variance one that lasts from period to period."""
    noise = rng.standard_normal((n_series, n_periods + 60))
    for period in range(1, noise.shape[1]):
        noise[:, period] += coefficient * noise[:, period - 1]
    return noise[:, 60:] * np.sqrt(1 - coefficient**2)


@pytest.mark.call("forecasting.trends")
def test_one_product_rises_in_every_library(library):
    units = np.stack([20 + WEEKS % 3, 20 + WEEKS % 2, 10 + WEEKS, 15 + WEEKS % 4])
    result = forecasting.trends(library(in_order(sales(units), 4)), every="1w")
    table = to_pandas(result.table)
    assert table["direction"].tolist() == ["steady", "steady", "rising", "steady"]
    assert table["growth"][2] > 1
    assert (table["growth_low"] <= table["growth"]).all()
    assert table["n_periods"].tolist() == [53] * 4
    assert note_counts(result.notes) == {"no_yearly_season": None}
    assert result.headline == "4 series, 53 periods: 1 rising, 0 falling"


def flagged(units, **options):
    directions = forecasting.trends(sales(units), every="1w", **options).table["direction"]
    return directions.isin(["rising", "falling"]).mean()


def test_noise_that_lasts_is_no_trend_after_correction():
    """800 products with autocorrelation .7: at most 5 % rise or fall."""
    rng = np.random.default_rng(0)
    base = rng.lognormal(2, 1, 800)[:, None]
    noise = np.exp(0.3 * lasting(800, 53, 0.7, rng))
    assert flagged(base * noise) <= 0.05
    assert flagged(rng.poisson(base * noise)) <= 0.05


@pytest.mark.parametrize(("spread", "least"), [(0.1, 0.7), (0.2, 0.15), (0.3, 0.0)])
def test_the_power_beside_noise_that_lasts(spread, least):
    """One in ten doubles or halves in a year: a test that knew the noise would find all, .67 and .12 of them."""
    rng = np.random.default_rng(5)
    growth = np.zeros((800, 1))
    growth[:80, 0] = np.log(2) * np.where(np.arange(80) % 2, 1, -1)
    level = rng.lognormal(3.5, 1, 800)[:, None]
    units = rng.poisson(level * np.exp(growth * WEEKS / 52.18 + spread * lasting(800, 53, 0.7, rng)))
    is_found = (forecasting.trends(sales(units), every="1w").table["direction"] != "steady").to_numpy()
    assert is_found[:80].mean() >= least
    assert is_found[80:].mean() <= 0.03


def test_a_season_that_all_share_is_no_trend_after_correction():
    rng = np.random.default_rng(1)
    season = np.exp(0.4 * np.sin(WEEKS / 52 * 2 * np.pi))
    units = rng.poisson(rng.lognormal(2, 1, 800)[:, None] * season)
    assert flagged(units) <= 0.05
    assert flagged(units, correction=None) < 0.09


def test_products_that_double_or_halve_in_a_year_are_found():
    rng = np.random.default_rng(2)
    growth = np.zeros(400)
    growth[:40] = np.log(2) * np.where(np.arange(40) % 2, 1, -1)
    season = np.exp(0.4 * np.sin(WEEKS / 52 * 2 * np.pi))
    units = rng.poisson(30 * season * np.exp(growth[:, None] * WEEKS / 52.18))
    table = forecasting.trends(sales(units), every="1w").table
    assert (table["direction"][:40:2] == "falling").mean() > 0.9
    assert (table["direction"][1:40:2] == "rising").mean() > 0.9
    assert (table["direction"][40:] != "steady").mean() <= 0.03
    assert np.log1p(table["growth"][:40]).to_numpy() == pytest.approx(growth[:40], abs=0.35)
    inside = (np.log1p(table["growth_low"]) < growth) & (growth < np.log1p(table["growth_high"]))
    assert 0.92 < inside.mean() <= 1


def test_periods_out_of_stock_do_not_count():
    rng = np.random.default_rng(3)
    units = rng.poisson(20, (30, 53)).astype(float)
    share = np.ones(units.shape)
    units[0, 30:], share[0, 30:] = 0, 0
    assert forecasting.trends(sales(units), every="1w").table["direction"][0] == "falling"
    told = forecasting.trends(sales(units, in_stock=share), every="1w").table
    assert told["direction"][0] == "steady"
    assert told["n_periods"][0] == 30


def test_what_cannot_be_tested_is_null_and_noted():
    units = np.full((3, 20), 5.0)
    units[0, :12] = NAN
    units[1] = 0
    result = forecasting.trends(sales(units), every="1w")
    assert result.table["direction"].isna().tolist()[:2] == [True, True]
    assert note_counts(result.notes)["not_tested"] >= 2
    alone = forecasting.trends(sales(np.arange(20.0)[None] + 1), every="1w")
    assert alone.table["direction"].isna().all()
    assert alone.table["p_value"].isna().all()


@given(order=st.permutations(range(5)), seed=st.integers(0, 5))
@settings(max_examples=10)
def test_the_order_of_rows_and_the_unit_do_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    units = rng.poisson(9, (5, 30)).astype(float)
    table = sales(units)
    plain = forecasting.trends(table, every="1w").table
    other = forecasting.trends(in_order(table, seed), every="1w").table
    pd.testing.assert_frame_equal(plain, other)
    dozens = forecasting.trends(table.assign(quantity=table["quantity"] / 12), every="1w").table
    assert dozens["p_value"].to_numpy() == pytest.approx(plain["p_value"].to_numpy(), rel=0.05, nan_ok=True)


def yearly(rng, n_days=1_100, *, freq="D"):
    days = pd.date_range("2022-01-03", periods=n_days, freq=freq)
    week = np.array([0.8, 0.8, 0.9, 1, 1.1, 1.3, 1.1])[days.day_of_week] if freq == "D" else 1.0
    year = 1 + 0.3 * np.sin((days.day_of_year - 80) / 365 * 2 * np.pi)
    event = np.where((days.month == 11) & (days.day >= 5) & (days.day <= 11), 3.0, 1.0)
    return rng.poisson(np.full((40, 1), 12.0) * np.asarray(week * year * event)), days


def test_the_season_and_the_peaks_of_a_shop():
    units, _ = yearly(np.random.default_rng(4))
    calendar = pd.DataFrame(
        {"event": "double_11", "event_at": pd.to_datetime([f"{y}-11-11" for y in (2022, 2023, 2024, 2025)]),
         "before": 7, "after": 3}
    )  # fmt: skip
    result = forecasting.trends(sales(units, start="2022-01-03", freq="D"), every="1d", calendar=calendar)
    season = result.season
    week = season[season["cycle"] == "week"]
    assert week["place"].tolist() == list(range(1, 8))
    assert week["factor"].idxmax() == 5
    assert ((week["factor_low"] < week["factor"]) & (week["factor"] < week["factor_high"])).all()
    assert week["factor"].to_numpy() == pytest.approx(
        np.array([0.8, 0.8, 0.9, 1, 1.1, 1.3, 1.1]) / np.exp(np.log([0.8, 0.8, 0.9, 1, 1.1, 1.3, 1.1]).mean()), rel=0.06
    )
    year = season[season["cycle"] == "year"].set_index("place")
    assert year.loc[6, "factor"] > 1.1
    assert year.loc[1, "factor"] < 0.9
    (peak,) = result.peaks.to_dict("records")
    assert peak["event"] == "double_11"
    assert peak["n_seen"] == 3
    assert peak["peak_at"].year == 2025
    assert peak["peak_at"].month == 11
    assert peak["factor"] == pytest.approx(3, rel=0.4)
    assert 2 <= peak["lead_days"] <= 10
    assert peak["stock_by"] == peak["peak_at"] - pd.Timedelta(days=peak["lead_days"])
    assert "Double 11" in result.summary()
    assert "双11" in result.summary(locale="zh")


def test_a_peak_without_a_calendar_returns_a_year_later():
    units, _ = yearly(np.random.default_rng(5), 400)
    result = forecasting.trends(sales(units, start="2022-01-03", freq="D"), every="1d")
    (peak,) = result.peaks.to_dict("records")
    assert peak["event"] is None or pd.isna(peak["event"])
    assert peak["peak_at"] == peak["last_peak_at"] + pd.DateOffset(years=1)
    assert set(result.season["cycle"]) == {"week"}


@pytest.mark.parametrize("with_calendar", [False, True])
@pytest.mark.parametrize("seen", [(1,), (0, 2), (0, 1, 2)])
def test_a_peak_is_the_mean_of_the_years_in_which_it_could_have_come(seen, with_calendar):
    """Thrice the demand in one, two or all of three years; peaks begin a period."""
    rng, weeks = np.random.default_rng(8), pd.date_range("2022-01-03", periods=160, freq="7D")
    days = pd.to_datetime([f"{year}-09-01" for year in range(2022, 2027)])
    is_peak = np.isin(np.arange(160), [int((days[year] - weeks[0]).days // 7) for year in seen])
    calendar = pd.DataFrame({"event": "fair", "event_at": days, "before": 0, "after": 0}) if with_calendar else None
    table = sales(rng.poisson(np.where(is_peak, 900, 300), (20, 160)), start="2022-01-03")
    result = forecasting.trends(table, every="1w", calendar=calendar)
    (peak,) = result.peaks.to_dict("records")
    assert (peak["n_seen"], peak["n_years"]) == (len(seen), 3)
    assert peak["factor"] == pytest.approx(3 ** (len(seen) / 3), rel=0.06)
    assert peak["peak_at"].weekday() == 0
    assert peak["peak_at"] > weeks[-1]
    assert (f"seen in {len(seen)} of 3 years" in result.summary()) == (len(seen) < 3)
    assert (f"3年中出现过{len(seen)}次" in result.summary(locale="zh")) == (len(seen) < 3)


def test_two_years_are_the_least_for_a_season_of_the_year():
    rng = np.random.default_rng(6)
    for n_months, cycles in ((23, set()), (24, {"year"})):
        units = rng.poisson(20, (5, n_months))
        result = forecasting.trends(sales(units, start="2022-01-01", freq="MS"), every="1mo")
        assert set(result.season["cycle"]) == cycles
        assert ("no_yearly_season" in note_counts(result.notes)) == (not cycles)


def test_numbered_periods_have_neither_season_nor_peaks():
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "product_id": np.repeat(np.arange(6), 40),
            "period_at": np.tile(np.arange(40), 6),
            "quantity": rng.poisson(np.outer(np.full(6, 9.0), np.ones(40)) * np.exp(
                np.outer([0.05, 0, 0, 0, 0, 0], np.arange(40)))).ravel(),
        }
    )  # fmt: skip
    result = forecasting.trends(table)
    assert len(result.season) == len(result.peaks) == 0
    assert result.table["direction"][0] == "rising"
    assert np.log1p(result.table["growth"][0]) == pytest.approx(0.05, abs=0.03)


def test_wrong_options():
    table = sales([[1, 2, 3]])
    with pytest.raises(ValueError, match="correction"):
        forecasting.trends(table, every="1w", correction="fdr")
    with pytest.raises(ValueError, match="level"):
        forecasting.trends(table, every="1w", level=5)
    with pytest.raises(ValueError, match="locale"):
        forecasting.trends(table, every="1w").summary(locale="de")
