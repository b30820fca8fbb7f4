"""Where notes begin: each at its last number, and one before it."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import schema
from ecommine.schema._exports.base import order_level_lines
from notes import warning_counts


def panel(n):
    """Make the orders of ten products in one week, and the stock of some of them."""
    at = pd.Timestamp("2024-01-01")
    orders = pd.DataFrame(
        {"order_id": range(10), "product_id": range(10), "ordered_at": at, "quantity": 1, "amount": 2.0}
    )
    stock = pd.DataFrame({"product_id": range(n), "stocked_at": at, "on_hand": 3})
    return orders, stock


def test_stock_of_less_than_half_of_the_products_has_a_note():
    orders, stock = panel(5)
    schema.to_sales(orders, stock=stock)  # a warning is an error in the tests
    orders, stock = panel(4)
    _, counts = warning_counts(schema.to_sales, orders, stock=stock)
    assert counts == {"stock_unknown": 6}


@pytest.mark.parametrize(("money", "lines"), [(0.005, 1), (0.0049, 0), (-0.005, 1), (-0.0049, 0)])
def test_half_a_cent_is_a_line_of_its_own(money, lines):
    like = nw.from_native(pd.DataFrame({"order_id": ["1"], "amount": [1.0], "line_type": ["product"]}), eager_only=True)
    heads = nw.from_native(pd.DataFrame({"order_id": ["1"], "fee": [money]}), eager_only=True)
    assert len(order_level_lines(like, heads, nw.col("fee"), "fee")) == lines


@pytest.mark.parametrize(
    ("time", "is_refused"),
    [("1970-02-28T23:59:59", True), ("1970-03-01", False), ("2099-12-31T23:59:59", False), ("2100-01-01", True)],
)
def test_times_outside_130_years_are_refused(time, is_refused):
    links = pd.DataFrame({"visitor_id": ["x"], "customer_id": ["a"], "linked_at": np.array([time], "datetime64[us]")})
    if is_refused:
        with pytest.raises(schema.SchemaError, match="`linked_at`"):
            schema.links(links)
    else:
        assert len(schema.links(links)) == 1


@pytest.mark.parametrize(("number", "is_refused"), [(2.0**53 - 1, False), (2.0**53, True)])
def test_float_ids_are_exact_below_2_to_the_53(number, is_refused):
    frame = pd.DataFrame({"product_id": [number, np.nan]}).head(1)
    if is_refused:
        with pytest.raises(schema.SchemaError, match="`product_id`"):
            schema.products(frame)
    else:
        assert schema.products(frame)["product_id"].tolist() == [number]


@pytest.mark.parametrize(("rule", "limit"), [("quartile_fence", 1.5), ("robust_z", 3.5)])
def test_the_limit_of_an_outlier_is_that_of_its_rule(rule, limit):
    table = pd.DataFrame({"amount": [8.0, 9.0, 10.0, 11.0, 12.0]})
    fences = ["outlier_low", "outlier_high"]
    pd.testing.assert_frame_equal(schema.outliers(table, rule=rule), schema.outliers(table, rule=rule, limit=limit))
    spread = 2.0 if rule == "quartile_fence" else 1.4826
    edges = [9.0, 11.0] if rule == "quartile_fence" else [10.0, 10.0]
    expected = [edges[0] - limit * spread, edges[1] + limit * spread]
    assert schema.outliers(table, rule=rule)[fences].iloc[0].tolist() == pytest.approx(expected)


def test_a_value_on_the_fence_is_no_outlier():
    table = pd.DataFrame({"amount": [8.0, 9.0, 10.0, 11.0, 12.0]})
    assert not schema.outliers(table, limit=0.5)["outlier"].any()  # the fence runs from 8 to 12
    assert schema.outliers(table, limit=0.49)["outlier"].tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(("currencies", "has_note"), [(["EUR", None], False), (["EUR", "USD"], True)])
def test_a_second_currency_has_a_note(currencies, has_note):
    at = pd.Timestamp("2024-01-01")
    orders = pd.DataFrame(
        {"order_id": [1, 2], "customer_id": 1, "ordered_at": at, "amount": 1.0, "currency": currencies}
    )
    if has_note:
        assert warning_counts(schema.orders, orders)[1] == {"several_currencies": 2}
    else:
        schema.orders(orders)
