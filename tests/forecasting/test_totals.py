"""Totals: means add up, quantiles come from the totals' own errors, too few origins give null with the reason."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine.forecasting import forecast
from ecommine.forecasting._distribution.conformal import conformal_quantiles, conformal_rank
from ecommine.forecasting._distribution.totals import PastTotals, own_quantiles
from forecasting.shop import one_series, small_shop
from libraries import to_pandas


def shared_shocks(n_products=30, n_periods=60, rng=0):
    """Products of a shop whose demand moves together."""
    drawn = np.random.default_rng(rng)
    shock = np.exp(drawn.normal(0, 0.2, n_periods))
    units = drawn.poisson(80 * shock, (n_products, n_periods))
    tables = [one_series(row, product=f"p{i:02d}") for i, row in enumerate(units)]
    return pd.concat(tables, ignore_index=True)


@functools.cache
def expected_forecast():
    return forecast(small_shop(60), 3, every="1w")


@pytest.mark.parametrize("by", [None, "period_at", "product_id"])
def test_totals_are_the_same_in_every_library(library, by):
    shop = small_shop(60)
    expected = expected_forecast().total(by)
    total = forecast(library(shop), 3, every="1w").total(by)
    assert type(total) is type(library(shop))
    keys = [by] if by else ["mean"]
    tables = [to_pandas(table, sort=keys) for table in (total, expected)]
    reasons = [["" if pd.isna(reason) else reason for reason in table["reason"]] for table in tables]
    ours, theirs = (table.assign(reason=texts) for table, texts in zip(tables, reasons, strict=True))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


def test_means_add_up():
    result = expected_forecast()
    whole = result.table["mean"].sum()
    assert result.total()["mean"].item() == pytest.approx(whole)
    for by in ("period_at", "product_id"):
        total = result.total(by)
        expected = result.table.groupby(by)["mean"].sum()
        np.testing.assert_allclose(total["mean"], expected)
        assert total["mean"].sum() == pytest.approx(whole)


def test_some_products_alone():
    result = expected_forecast()
    table = result.table
    total = result.total(products=["fast", "few"])
    assert total["mean"].item() == pytest.approx(table.loc[table["product_id"].isin(["fast", "few"]), "mean"].sum())
    assert total["p10"].item() < total["mean"].item() < total["p90"].item()
    assert result.total("product_id", products=["few"])["product_id"].tolist() == ["few"]


def test_stores_and_products():
    shop = pd.concat([small_shop(60).assign(store_id=1), small_shop(60, rng=1).assign(store_id=2)])
    result = forecast(shop, 3, every="1w", by=("product_id", "store_id"))
    stores = result.total("store_id")
    np.testing.assert_allclose(stores["mean"], result.table.groupby("store_id")["mean"].sum())
    assert stores["store_id"].tolist() == [1, 2]
    assert stores["p90"].notna().all()
    assert len(result.total(("product_id", "store_id"))) == 10


def test_products_that_move_together_make_wide_totals():
    """Independent errors would make a total of 30 products nearly certain; its own errors know the shocks."""
    result = forecast(shared_shocks(), 1, quantiles=(0.1, 0.9))
    own = result.total()
    width = (own["p90"] - own["p10"]).item() / own["mean"].item()
    spread = result.table["p90"] - result.table["p10"]
    independent = np.sqrt((spread**2).sum()) / result.table["mean"].sum()
    assert width > 3 * independent
    assert 0.3 < width < 0.8  # plus or minus 1.28 times .2


def test_fewer_than_twenty_origins_give_null_with_the_reason():
    few = forecast(small_shop(25), 4, every="1w").total()
    assert few[["p05", "p50", "p95"]].isna().all(axis=None)
    assert few["reason"].item() == "fewer_than_20_origins"
    assert few["mean"].item() > 0
    many = forecast(small_shop(60), 4, every="1w", quantiles=(0.01, 0.1, 0.5, 0.9)).total()
    assert np.isnan(many["p01"].item())
    assert many["reason"].item() == "level_beyond_errors"
    assert many[["p10", "p50", "p90"]].notna().all(axis=None)


def test_totals_of_counts_are_counts():
    totals = expected_forecast().total("product_id").set_index("product_id")
    values = totals.loc[["few", "rare"], ["p05", "p50", "p95"]].to_numpy()
    assert (values % 1 == 0).all()
    assert (np.diff(values, axis=1) >= 0).all()


def test_own_quantiles_by_hand():
    """Errors of 10 % at one of 21 origins, 0 at the others: only the largest quantile has it."""
    errors = np.zeros((2, 21, 1), dtype=np.float32)
    errors[:, 5] = 10
    past = PastTotals(errors=errors, means=np.full((2, 21, 1), 100, dtype=np.float32))
    levels = np.array([0.05, 0.5, 0.95, 0.99])
    np.testing.assert_allclose(own_quantiles(past, slice(None), 50.0, levels), [50, 50, 55, np.nan])


@given(n=st.integers(1, 200), p=st.floats(0.01, 0.99))
def test_conformal_ranks_cover(n, p):
    """A new error falls at or below the rank with a chance of rank / (n + 1)."""
    rank = conformal_rank(n, p)
    if p > 0.5:
        assert rank / (n + 1) >= p - 1e-9
        assert (rank - 1) / (n + 1) < p
    if p < 0.5:
        assert rank / (n + 1) <= p + 1e-9
        assert (rank + 1) / (n + 1) > p - 1e-9


def test_quantiles_of_few_errors():
    assert conformal_quantiles(np.array([3.0, 1.0, 2.0, np.nan]), np.array([0.25, 0.5, 0.75])).tolist() == [1, 2, 3]
    assert np.isnan(conformal_quantiles(np.array([1.0, 2.0]), np.array([0.05, 0.95]))).all()


@pytest.mark.parametrize(
    ("by", "products", "text"),
    [
        ("category", None, "`by` must be None, 'period_at' or columns among 'product_id'"),
        (("product_id", "period_at"), None, "`by` must be None, 'period_at' or columns"),
        (None, ["tea"], "`products` must be products of the forecast, got 'tea'"),
        (None, [], "`products` must be products of the forecast, got none"),
    ],
)
def test_errors_name_the_argument(by, products, text):
    result = forecast(small_shop(), 1, every="1w")
    with pytest.raises(ValueError, match=text):
        result.total(by, products=products)


@pytest.mark.parametrize(
    ("by", "products", "text"),
    [
        (5, None, "`by` must be one or several names of columns, got 5"),
        ([None], None, "`by` must be names of columns, got None"),
        (None, 2.5, "`products` must be a list of products, got 2.5"),
        (None, [["fast"]], r"`products` must be a list of products, got \['fast'\] in it"),
        (None, {"fast": 1}, "`products` must be a list of products"),
    ],
)
def test_lists_of_another_kind_are_named(by, products, text):
    result = forecast(small_shop(), 1, every="1w")
    with pytest.raises(TypeError, match=text):
        result.total(by, products=products)


def test_products_are_given_once_or_often_in_any_list():
    result = forecast(small_shop(), 2, every="1w")
    expected = result.total(products=["few", "fast"])
    for products in (("fast", "few"), np.array(["few", "fast"]), pd.Series(["few", "few", "fast"]), {"few", "fast"}):
        pd.testing.assert_frame_equal(result.total(products=products), expected)
