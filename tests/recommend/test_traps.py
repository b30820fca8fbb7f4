"""Odd shops: each has a defined answer."""

import warnings

import numpy as np
import pandas as pd

from ecommine import recommend
from recommend.shops import lines, tastes


def codes(result):
    return {note.code: note.count for note in result.notes}


def test_one_customer():
    model = recommend.fit(lines([1] * 6, ["a", "b", "a", "c", "a", "b"], range(0, 60, 10)))
    table = model.home().table
    assert sorted(table["recommended_id"]) == ["a", "b", "c"]
    assert codes(model)["short_history"] == 1


def test_one_product():
    model = recommend.fit(lines(range(5), ["a"] * 5, range(0, 100, 20)))
    assert model.home().table["recommended_id"].tolist() == ["a"] * 5
    assert model.detail().table["recommended_id"].tolist() == []
    assert codes(model.detail())["short_lists"] == 1


def test_all_guests():
    orders = lines([None] * 6, ["a", "b"] * 3, [0] * 6, order=[0, 0, 1, 1, 2, 2])
    model = recommend.fit(orders)
    assert len(model.home().table) == 0
    assert model.home(["x"], k=1).table["recommended_id"].tolist() == ["a"]
    basket = pd.DataFrame({"order_id": [1], "product_id": ["a"]})
    assert model.checkout(basket).table["recommended_id"].tolist() == ["b"]


def test_one_order_each():
    orders = lines(np.arange(300), np.arange(300) % 10, np.arange(300) // 4)
    model = recommend.fit(orders)
    assert (model.home(k=3).table.groupby("customer_id").size() == 3).all()


def test_a_reseller_does_not_make_a_bestseller():
    orders = pd.concat([tastes(0, n=50), lines([999] * 500, [39] * 500, [200] * 500)])
    best = recommend.fit(orders.assign(order_id=np.arange(len(orders)))).home(["nobody"], k=1).table
    assert best["recommended_id"].tolist() != [39]


def test_all_returned():
    model = recommend.fit(lines([1, 2], ["a", "b"], [0, 1], quantity=[-1, -2]))
    assert len(model.home().table) == 0
    assert model.headline.startswith("0 customers, 0 products")


def test_an_order_taken_back_under_its_own_id_is_none():
    orders = lines([1, 1, 2], ["a", "a", "b"], [0, 1, 1], order=[7, 7, 8], quantity=[3, -3, 1])
    assert recommend.fit(orders).home(k=5).table["customer_id"].tolist() == [2]


def test_ids_of_19_digits():
    big = 9_007_199_254_740_993_001
    orders = lines([big, big + 1, big], [big + 5, big + 6, big + 6], [0, 1, 2])
    table = recommend.fit(orders).home(k=1).table
    assert table["customer_id"].tolist() == [big, big + 1]
    assert set(table["recommended_id"]) <= {big + 5, big + 6}


def test_an_empty_basket_and_an_unknown_product():
    model = recommend.fit(tastes(0, n=60))
    empty = pd.DataFrame({"order_id": pd.Series([], dtype="int64"), "product_id": pd.Series([], dtype="int64")})
    assert len(model.checkout(empty).table) == 0
    unknown = pd.DataFrame({"order_id": [1], "product_id": [12_345]})
    assert len(model.checkout(unknown).table) == 3
    assert codes(model.checkout(unknown))["unknown_lines"] == 1
    assert codes(model.detail([12_345]))["unknown_products_asked"] == 1


def test_k_above_the_catalogue_and_nothing_available():
    model = recommend.fit(tastes(0, n=60))
    whole = model.home(k=100)
    assert (whole.table.groupby("customer_id").size() == 40).all()
    assert codes(whole)["short_lists"] == len(whole.table) // 40
    nothing = model.home(k=3, available=[])
    assert len(nothing.table) == 0
    assert codes(nothing)["short_lists"] == len(whole.table) // 40


def test_threshold_0_and_no_prices():
    model = recommend.fit(tastes(0, n=60))
    basket = pd.DataFrame({"order_id": [1], "product_id": [3], "amount": [5.0]})
    assert codes(model.top_up(basket, 0.0))["threshold_reached"] == 1
    without = model.top_up(basket, 20.0)
    assert len(without.table) == 0
    assert codes(without)["price_unknown"] == 40


def test_many_products():
    rng = np.random.default_rng(0)
    n = 100_000
    orders = lines(np.arange(n) % 500, rng.permutation(n), rng.integers(0, 100, n))
    model = recommend.fit(orders, max_products=200)
    assert codes(model)["catalogue_cut"] == n - 200
    table = model.home(list(range(50)), k=5).table
    assert (table.groupby("customer_id").size() == 5).all()


def test_no_orders_at_all():
    model = recommend.fit(lines([], [], []).astype({"customer_id": "object", "product_id": "object"}))
    assert len(model.home().table) == 0
    assert len(model.detail().table) == 0


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = recommend.fit(lines([1, 2, None], ["a", "b", "a"], [0, 9, 9]))
        model.home()
        model.summary()


def test_a_refund_of_a_part_leaves_the_purchase():
    orders = lines(["a"] * 5, ["x", "x", "y", "y", "z"], [0] * 5, order=[1, 1, 2, 2, 3])
    orders = orders.assign(amount=[20.0, -5.0, 10.0, -10.0, 5.0])
    shown = recommend.fit(orders).home(repeat="only").table["recommended_id"]
    assert sorted(shown) == ["x", "z"]  # all of y was paid back


def test_nothing_is_printed_where_nothing_was_bought(capfd):
    orders = lines(["a"], ["x"], [0]).assign(quantity=-1)
    assert len(recommend.fit(orders).home().table) == 0
    assert capfd.readouterr() == ("", "")
