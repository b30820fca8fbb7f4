"""The call `forecast`: every library, properties of its quantiles, traps, models and notes."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import forecasting
from ecommine.forecasting import ETS, SBA, NegativeBinomial, SeasonalNaive, Theta, forecast
from forecasting.shop import QUANTILES, one_series, small_shop
from forecasting.tables import sales
from libraries import to_pandas
from notes import note_counts

KEYS = ["product_id", "period_at"]


def quantiles_of(table):
    return table[[name for name in table if name[1:2].isdigit()]].to_numpy(dtype=np.float64)


@functools.cache
def expected_forecast():
    return forecast(small_shop(), 4, every="1w")


@pytest.mark.call("forecasting.forecast")
def test_every_library_gives_the_same(library):
    shop = small_shop()
    expected = expected_forecast()
    result = forecast(library(shop), 4, every="1w")
    assert type(result.table) is type(library(shop))
    pd.testing.assert_frame_equal(
        to_pandas(result.table, sort=KEYS), to_pandas(expected.table, sort=KEYS), check_dtype=False
    )
    pd.testing.assert_frame_equal(
        to_pandas(result.models, sort=["product_id"]),
        to_pandas(expected.models, sort=["product_id"]),
        check_dtype=False,
    )
    assert note_counts(result.notes) == note_counts(expected.notes) == {"horizon_start": None, "no_season": 40}


def test_the_columns_and_the_headline():
    result = expected_forecast()
    assert list(result.table) == [*KEYS, "mean", *QUANTILES, "baseline", "event_effect"]
    assert result.table["period_at"].unique().tolist() == list(pd.date_range("2024-10-07", periods=4, freq="7D"))
    assert result.headline == "5 series, 4 periods of 1w from 2024-10-07"
    assert list(result.tables) == ["forecast", "models"]
    assert len(repr(result).splitlines()) <= 12


def test_models_by_class():
    models = expected_forecast().models.set_index("product_id")
    assert models["why"].to_dict() == {
        "fast": "frequent",
        "few": "few_units",
        "rare": "intermittent",
        "new": "new",
        "ended": "ended",
    }
    assert models.loc["fast", ["model", "weights"]].tolist() == ["Theta + ETS", "0.5, 0.5"]
    assert set(models["model"].drop("fast")) == {"NegativeBinomial"}
    assert np.isnan(models.loc["new", "rmsse"])
    assert 0 < models.loc["fast", "rmsse"] < 1


def test_the_forecasts_make_sense():
    table = expected_forecast().table.set_index("product_id")
    assert table.loc["fast", "mean"].between(270, 300).all()
    assert (table.loc["fast", "p05"] > 200).all()
    assert table.loc["few", "mean"].between(4, 8).all()
    assert (table.loc["ended", "mean"] < 1).all()
    assert (table["event_effect"] == 0).all()


@given(data=st.data(), n_products=st.integers(1, 4), n_periods=st.integers(1, 30), horizon=st.integers(1, 6))
@settings(max_examples=40)
def test_quantiles_ascend_and_nothing_is_negative(data, n_products, n_periods, horizon):
    units = st.one_of(st.integers(0, 3), st.integers(0, 500), st.none())
    values = data.draw(st.lists(st.lists(units, min_size=n_periods, max_size=n_periods), min_size=n_products,
                                max_size=n_products))  # fmt: skip
    tables = [one_series(np.array(row, dtype=np.float64), product=f"p{i}") for i, row in enumerate(values)]
    table = forecast(pd.concat(tables), horizon, quantiles=(0.025, 0.1, 0.5, 0.9, 0.975)).table
    quantiles, mean = quantiles_of(table), table["mean"].to_numpy()
    is_known = np.repeat([any(value is not None for value in row) for row in values], horizon)
    assert np.isnan(mean[~is_known]).all()
    assert (np.diff(quantiles[is_known], axis=1) >= 0).all()
    assert (quantiles[is_known] >= 0).all()
    assert (quantiles[is_known] % 1 == 0).all()
    assert (mean[is_known] >= 0).all()
    assert (mean[is_known] <= quantiles[is_known, -1] + 1e6).all()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=8)
def test_the_order_of_rows_does_not_matter(seed):
    shop = small_shop()
    shuffled = shop.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(forecast(shuffled, 3, every="1w").table, forecast(shop, 3, every="1w").table)


@pytest.mark.parametrize("models", [Theta(), ETS(trend=None), SeasonalNaive(), [Theta(), ETS(trend=None)]])
def test_continuous_models_scale_with_demand(models):
    demand = np.random.default_rng(0).gamma(20, 5.0, 50)
    small, large = (forecast(one_series(demand * scale), 4, models=models).table for scale in (1.0, 1000.0))
    columns = ["mean", *QUANTILES]
    np.testing.assert_allclose(large[columns], small[columns] * 1000, rtol=1e-6)


def test_the_mean_is_that_of_the_reported_distribution():
    shop = small_shop()
    levels = tuple((np.arange(400) + 0.5) / 400)
    table = forecast(shop, 3, every="1w", quantiles=levels).table
    for product, rows in table.groupby("product_id"):
        expected = quantiles_of(rows).mean(axis=1)
        np.testing.assert_allclose(rows["mean"], expected, rtol=0.05, atol=0.05, err_msg=product)


def test_names_of_quantiles():
    names = list(forecast(one_series([3, 4, 5]), 1, quantiles=(0.975, 0.025, 0.5)).table)
    assert names == [*KEYS, "mean", "p02_5", "p50", "p97_5", "baseline", "event_effect"]


@pytest.mark.parametrize("values", [[7], [0], [0] * 30, [5] * 30, [1, 0], [np.nan, 4.0, np.nan]])
@pytest.mark.parametrize("models", ["auto", Theta(), ETS(), ETS(season="additive"), SBA(), SeasonalNaive()])
def test_little_and_flat_data(values, models):
    table = forecast(one_series(values), 4, models=models, season_length=2).table
    known = [value for value in values if value == value]
    assert np.isfinite(quantiles_of(table)).all()
    assert (table["mean"] >= 0).all()
    if not any(known) and len(known) > 1:
        assert (quantiles_of(table) == 0).all()
    if known == [0]:
        assert (table["mean"] == 0.5).all()
    if known == [7]:
        assert (table["p95"] > 7).all()


def test_one_huge_jump_moves_nothing_else():
    shop = small_shop()
    jumped = shop.copy()
    jumped.loc[shop["product_id"].eq("fast") & shop["period_at"].eq("2024-06-03"), "quantity"] = 10**9
    table = forecast(jumped, 3, every="1w").table.set_index("product_id")
    assert np.isfinite(table[["mean", *QUANTILES]].to_numpy(dtype=np.float64)).all()
    assert table.loc["few", "mean"].between(4, 8).all()


def test_a_horizon_longer_than_history():
    result = forecast(one_series([3, 5, 4, 6]), 12)
    assert note_counts(result.notes)["horizon_beyond_history"] == 4
    assert len(result.table) == 12
    assert (np.diff(quantiles_of(result.table), axis=1) >= 0).all()


def test_missing_rows_are_zero_and_unknown_ones_are_not():
    full = one_series([4, 0, 4, 0, 4, 0, 4, 0])
    gaps = full[full["quantity"] > 0]
    pd.testing.assert_frame_equal(
        forecast(pd.concat([gaps, one_series([1] * 8, product="z")]), 1).table[:1],
        forecast(pd.concat([full, one_series([1] * 8, product="z")]), 1).table[:1],
    )
    unknown = full.assign(quantity=full["quantity"].where(full["quantity"] > 0))
    assert forecast(unknown, 1).table["mean"].item() == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize("n_products", [500, pytest.param(100_000, marks=pytest.mark.parity)])
def test_one_broken_series_of_many(n_products):
    n_periods = 12
    demand = np.random.default_rng(0).poisson(0.5, (n_products, n_periods)).astype(np.float64)
    demand[123, 4] = np.inf
    keys = {
        "product_id": np.repeat(np.arange(n_products), n_periods),
        "period_at": np.resize(np.arange(12), demand.size),
    }
    result = forecast(pd.DataFrame({**keys, "quantity": demand.ravel()}), 2)
    assert note_counts(result.notes) == {"broken_series": 1, "horizon_start": None, "no_demand_known": 1}
    missing = result.table.loc[result.table["mean"].isna(), "product_id"]
    assert missing.unique().tolist() == [123]
    assert len(result.table) == 2 * n_products


def test_months_are_forecast_by_the_day():
    """The same demand each day: February is less than March, though no season was learned."""
    starts = pd.date_range("2023-01-01", periods=14, freq="MS")
    days = starts.days_in_month.to_numpy()
    table = one_series(10 * days).assign(period_at=starts)
    result = forecast(table, 3, every="1mo")
    np.testing.assert_allclose(result.table["mean"], [310, 300, 310], rtol=0.02)


def test_a_season_is_learned():
    week = np.array([50, 60, 55, 65, 90, 140, 120])
    daily = np.tile(week, 8) + np.random.default_rng(0).integers(-3, 4, 56)
    table = one_series(daily).assign(period_at=pd.date_range("2024-01-01", periods=56))
    mean = forecast(table, 7).table["mean"].to_numpy()
    np.testing.assert_allclose(mean, week, rtol=0.1)
    flat = forecast(table, 7, season_length=1).table["mean"].to_numpy()
    assert np.ptp(flat) < 20


def test_the_time_of_a_forecast_comes_back_in_the_type_of_the_caller():
    import polars as pl

    dates = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 30), eager=True)
    table = pl.DataFrame({"product_id": ["tea"] * 30, "period_at": dates, "quantity": list(range(30))})
    assert forecast(table, 2).table.schema["period_at"] == pl.Date
    assert forecast(one_series(range(5)), 2).table["period_at"].tolist() == [5, 6]


def test_series_by_store():
    shop = pd.concat([small_shop().assign(store_id=1), small_shop(rng=1).assign(store_id=2)])
    result = forecast(shop, 2, every="1w", by=("product_id", "store_id"))
    assert len(result.table) == 20
    alone = forecast(small_shop().assign(store_id=1), 2, every="1w", by=("product_id", "store_id"), models=Theta())
    together = forecast(shop, 2, every="1w", by=("product_id", "store_id"), models=Theta()).table
    np.testing.assert_allclose(together[together["store_id"] == 1]["mean"], alone.table["mean"], rtol=0.2)


def test_progress_is_shown_when_asked_for(capsys):
    forecast(small_shop(), 1, every="1w")
    assert capsys.readouterr().err == ""
    forecast(small_shop(), 1, every="1w", progress=True)
    shown = capsys.readouterr()
    assert "5 of 5 series" in shown.err
    assert shown.out == ""


def test_blocks_do_not_matter(monkeypatch):
    from ecommine.forecasting._distribution import blocks, predictive

    shop = pd.concat([small_shop(), small_shop(rng=2).assign(product_id=lambda t: t["product_id"] + "2")])
    whole = forecast(shop, 3, every="1w", models=[Theta(alpha=0.3), NegativeBinomial(alpha=0.1)]).table
    for module in (blocks, predictive):
        monkeypatch.setattr(module, "BLOCK", 3)
    parts = forecast(shop, 3, every="1w", models=[Theta(alpha=0.3), NegativeBinomial(alpha=0.1)]).table
    pd.testing.assert_frame_equal(whole, parts)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"horizon": 0}, ValueError, "`horizon` must be at least 1|`horizon` must be between 1"),
        ({"quantiles": (1.5,)}, ValueError, "`quantiles` must be between"),
        ({"models": "best"}, TypeError, "`models` must be 'auto', a model such as"),
        ({"quantiles": ()}, ValueError, "`quantiles` must have at least one number"),
        ({"quantiles": 0.5}, TypeError, "`quantiles` must be a list of numbers between 0 and 1"),
        ({"models": []}, ValueError, "`models` must have at least one model"),
        ({"models": [Theta(), "best"]}, TypeError, r"`models` must be models such as Theta\(\), got 'best'"),
        ({"season_length": 0}, ValueError, "`season_length` must be"),
        ({"progress": "yes"}, TypeError, "`progress` must be True or False"),
        ({"models": Theta}, TypeError, "got the class Theta"),
        ({"season_length": "week"}, ValueError, "`season_length` must be 'auto' or a whole number"),
        ({"every": "3d"}, ValueError, "`every` must be one of"),
    ],
)
def test_errors_name_the_argument(options, error, text):
    horizon = options.pop("horizon", 1)
    with pytest.raises(error, match=text):
        forecast(one_series([1, 2, 3]), horizon, **options)


def test_results_pickle():
    import pickle

    result = forecast(small_shop(), 2, every="1w")
    again = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(again.table, result.table)
    assert isinstance(again, forecasting.Forecast)
    assert again.total().equals(result.total())


def test_a_result_does_not_hold_the_table_of_sales():
    import pickle

    wide = small_shop().assign(title="a name that is long enough to be seen" * 100)
    plain, with_titles = (len(pickle.dumps(forecast(table, 2, every="1w"))) for table in (small_shop(), wide))
    assert with_titles < plain + 1_000


def test_series_of_products_in_stores_are_told_apart_in_a_list():
    tables = [one_series([units] * 20, product=p).assign(store_id=8) for p, units in (("10", 90), ("tea", 40))]
    text = forecasting.forecast(pd.concat(tables), 2, by=("product_id", "store_id")).summary()
    assert "Most units: 10 / 8 (180) and tea / 8 (80)." in text


def test_a_table_without_rows_is_told_by_every_call():
    empty = one_series([1, 2]).iloc[:0]
    for call in (lambda: forecasting.forecast(empty, 2), lambda: forecasting.classify(empty)):
        with pytest.raises(ValueError, match="at least one product and period"):
            call()


@pytest.mark.parametrize(("n_zeros", "is_borrowed"), [(1, True), (5, True), (6, False)])
def test_a_few_periods_of_zero_are_no_certainty(n_zeros, is_borrowed):
    """A product that was listed last week and sold nothing has the rate that the others lead to expect."""
    rng = np.random.default_rng(0)
    rates = rng.gamma(2.0, 0.5, 400)
    others = sales(rng.poisson(rates[:, None], (400, 40)))
    late = others["period_at"].drop_duplicates().sort_values().to_numpy()[-n_zeros:]
    unsold = pd.DataFrame({"product_id": "new", "period_at": late, "quantity": 0.0})
    result = forecasting.forecast(pd.concat([others, unsold]), 3, every="1w")
    new = result.table[result.table["product_id"] == "new"]
    if is_borrowed:
        assert new["mean"].to_numpy() == pytest.approx(2 / (2 + n_zeros), rel=0.15)  # of gamma rates with the mean 1
        assert (new["p95"] >= 1).all()
        assert note_counts(result.notes)["rates_borrowed"] == 1
    else:
        assert (new[["mean", "p95"]] == 0).all(axis=None)
        assert "rates_borrowed" not in note_counts(result.notes)


def test_a_shop_of_one_unsold_product_is_not_certain_either():
    result = forecasting.forecast(one_series([0.0]), 2, quantiles=(0.5, 0.95))
    assert result.table["mean"].tolist() == [0.5, 0.5]
    assert (result.table["p95"] >= 1).all()


@pytest.mark.parametrize("names", [{"few": "Green tea"}, pd.DataFrame({"product_id": ["few"], "title": ["Green tea"]})])
def test_sentences_call_products_by_their_names(names):
    result = forecasting.forecast(small_shop(), 2, every="1w")
    assert "few (" in result.summary()
    assert "Green tea (" in result.summary(names=names)
    assert "few (" not in result.summary(names=names)
    with pytest.raises(ValueError, match="`names`"):
        result.summary(names=pd.DataFrame({"id": [1]}))
