"""Products: elasticities with the spread asked for, costs below prices, popularity by Zipf."""

import numpy as np
import pytest

from ecommine import datasets, schema
from ecommine.datasets._drawing import zipf_weights


def test_elasticities_spread_between_and_within_categories() -> None:
    plan = datasets.Assortment(categories=400, elasticity=-2.2, between=0.5, within=0.8)
    truth = datasets.make_products(20_000, assortment=plan).truth
    center = truth.groupby("category")["category_elasticity"].first()
    assert truth.groupby("category")["category_elasticity"].nunique().eq(1).all()
    assert center.mean() == pytest.approx(-2.2, abs=0.08)
    assert center.std() == pytest.approx(0.5, rel=0.1)
    assert (truth["elasticity"] - truth["category_elasticity"]).std() == pytest.approx(0.8, rel=0.02)


def test_categories_are_of_equal_size_and_named() -> None:
    table = datasets.make_products(60, assortment=datasets.Assortment(categories=20, brands=3)).table
    assert table["category"].value_counts().eq(3).all()
    assert table["category"].nunique() == 20
    assert set(table["brand"]) == {"brand_1", "brand_2", "brand_3"}
    assert table["title"].is_unique


def test_costs_stay_below_prices_and_leave_the_margin() -> None:
    table = datasets.make_products(5_000, assortment=datasets.Assortment(margin=0.35)).table
    margin = 1 - table["unit_cost"] / table["price"]
    assert (table["unit_cost"] < table["price"]).all()
    assert margin.mean() == pytest.approx(0.35, abs=0.005)
    assert table["price"].median() == pytest.approx(30, rel=0.05)


def test_popularity_is_zipf_in_random_order() -> None:
    popularity = datasets.make_products(300).truth["popularity"].to_numpy()
    assert np.sort(popularity)[::-1] == pytest.approx(zipf_weights(300, 0.8))
    assert not (np.diff(popularity) <= 0).all()


def test_the_table_is_canonical() -> None:
    table = datasets.make_products(50).table
    assert schema.products(table).equals(table)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.make_products(0), "`n_products` must be at least 1, got 0"),
        (lambda: datasets.Assortment(categories=0), "`categories` must be at least 1, got 0"),
        (lambda: datasets.Assortment(within=-1), "`within` must be at least 0, got -1"),
        (lambda: datasets.Assortment(margin=1), "`margin` must be between 0 and 0.99, got 1"),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
