"""Reviews agree with the orders, returns with the sales, and all other tables stay as they are without them."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, schema
from ecommine.datasets._reviews.phrases import ASPECTS, GENERAL, OF_RETURNS, PHRASES


@pytest.fixture(scope="module")
def shop() -> datasets.SimulatedShop:
    return datasets.make_shop(600, 180, n_products=60, guests=0.1, rng=2, reviews=datasets.Reviews(share=0.6))


def test_other_tables_stay_as_they_are(shop: datasets.SimulatedShop) -> None:
    bare = datasets.make_shop(600, 180, n_products=60, guests=0.1, rng=2)
    assert bare.reviews is None
    assert bare.truth.reviews is None
    for name in ("events", "links", "products", "customers", "stock"):
        pd.testing.assert_frame_equal(getattr(shop, name), getattr(bare, name))
    sold = shop.orders[shop.orders["quantity"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(sold, bare.orders)
    pd.testing.assert_frame_equal(shop.sales[["units_sold"]], bare.sales[["quantity"]].set_axis(["units_sold"], axis=1))


def test_every_table_passes_its_reader(shop: datasets.SimulatedShop) -> None:
    for name, table in shop.tables.items():
        pd.testing.assert_frame_equal(getattr(schema, name)(table), table)


def test_reviews_are_about_purchases_before_them(shop: datasets.SimulatedShop) -> None:
    bought = shop.orders[shop.orders["quantity"] > 0][["order_id", "product_id", "customer_id", "ordered_at"]]
    both = shop.reviews.merge(bought, on=["order_id", "product_id"], suffixes=("", "_bought"))
    assert len(both) == len(shop.reviews)
    assert (both["customer_id"] == both["customer_id_bought"]).all()
    assert (both["reviewed_at"] > both["ordered_at"]).all()
    assert shop.reviews["reviewed_at"].is_monotonic_increasing


def test_returns_are_lines_of_their_order_and_units_of_the_sales(shop: datasets.SimulatedShop) -> None:
    back = shop.orders[shop.orders["quantity"] < 0]
    bought = shop.orders[shop.orders["quantity"] > 0]
    both = back.merge(bought, on=["order_id", "product_id"], suffixes=("", "_bought"))
    assert len(both) == len(back) > 0
    assert (both["amount"] == -both["amount_bought"]).all()
    assert (both["ordered_at"] - both["ordered_at_bought"]).between(pd.Timedelta("1D"), pd.Timedelta("14D")).all()
    assert not back.duplicated(["order_id", "product_id"]).any()
    assert shop.sales["returned"].sum() == -back["quantity"].sum()
    assert (shop.sales["quantity"] == shop.sales["units_sold"] - shop.sales["returned"]).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_planted_is_in_the_texts(language: str) -> None:
    settings = datasets.Reviews(share=0.9, language=language, weak_products=1, return_reasons=1, drops=1)
    shop = datasets.make_shop(3_000, 300, n_products=60, reviews=settings)
    truth, reviews = shop.truth.reviews.set_index("kind"), shop.reviews

    def share(rows: pd.Series, kind: str) -> float:
        negative = "|".join(PHRASES[language][truth.loc[kind, "aspect"]][1])
        return (
            reviews.loc[rows & (reviews["product_id"] == truth.loc[kind, "product_id"]), "text"]
            .str.contains(negative, case=False)
            .mean()
        )

    is_late = reviews["reviewed_at"] >= truth.loc["drop", "since"]
    keys = ["order_id", "product_id"]
    back = shop.orders.loc[shop.orders["quantity"] < 0, keys].assign(is_back=True)
    is_back = reviews[keys].merge(back, how="left")["is_back"].notna()
    everything = pd.Series(True, index=reviews.index)
    assert share(everything, "weak") == pytest.approx(0.6 * 0.5, abs=0.04)
    assert share(is_late, "drop") == pytest.approx(0.6 * 0.7, abs=0.06)
    assert share(~is_late, "drop") < 0.1
    assert share(is_back, "return_reason") > 0.4
    assert share(~is_back, "return_reason") < 0.06
    rate = shop.orders.groupby("product_id")["quantity"].apply(lambda units: (units < 0).sum() / (units > 0).sum())
    assert rate.idxmax() == truth.loc["return_reason", "product_id"]
    assert rate.drop(rate.idxmax()).mean() == pytest.approx(0.05, abs=0.01)


def test_nothing_is_planted_where_nothing_is_asked_for() -> None:
    settings = datasets.Reviews(weak_products=0, return_reasons=0, drops=0, returned=0)
    shop = datasets.make_shop(200, 120, n_products=60, reviews=settings)
    assert len(shop.truth.reviews) == 0
    assert (shop.orders["quantity"] > 0).all()
    assert shop.sales["returned"].sum() == 0


def test_stars_follow_the_text(shop: datasets.SimulatedShop) -> None:
    bad = "|".join(phrase for one in (*PHRASES["en"].values(), GENERAL["en"]) for phrase in one[1])
    is_bad = shop.reviews["text"].str.contains(bad, case=False)
    assert shop.reviews.loc[~is_bad, "rating"].mean() > 4.4
    assert shop.reviews.loc[is_bad, "rating"].mean() < 3.5


def test_phrases_are_there_in_both_languages() -> None:
    assert set(PHRASES["en"]) == set(PHRASES["zh"]) == set(ASPECTS)
    assert len(OF_RETURNS["en"]) == len(OF_RETURNS["zh"])


@pytest.mark.parametrize(
    ("name", "value"), [("share", 1.1), ("negative", -0.1), ("returned", 0.3), ("language", "de"), ("drops", -1)]
)
def test_settings_out_of_range_are_named(name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=f"`{name}`"):
        datasets.Reviews(**{name: value})


def test_more_faults_than_products_stop_at_the_products() -> None:
    shop = datasets.make_shop(60, 60, n_products=60, reviews=datasets.Reviews(weak_products=100))
    assert len(shop.truth.reviews) == 60
    assert np.unique(shop.truth.reviews["product_id"]).size == 60
