"""Where notes begin: each at its last number, and one before it."""

import warnings

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from ecommine import schema
from ecommine.schema._exports.base import implied_lines


def panel(n):
    """Make the sales of ten products in one week, of which some are in the stock."""
    at = pd.Timestamp("2024-01-01")
    orders = pd.DataFrame(
        {"order_id": range(10), "product_id": range(10), "ordered_at": at, "quantity": 1, "amount": 2.0}
    )
    stock = pd.DataFrame({"product_id": range(n), "stocked_at": at, "on_hand": 3})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        schema.to_sales(orders, stock=stock)
    return [str(one.message) for one in caught]


def test_stock_of_less_than_half_of_the_products_is_told():
    assert not any("are in `stock`" in told for told in panel(5))
    assert any("only 4 of 10 product periods are in `stock`" in told for told in panel(4))


@pytest.mark.parametrize(("money", "lines"), [(0.005, 1), (0.0049, 0), (-0.005, 1), (-0.0049, 0)])
def test_half_a_cent_is_a_line_of_its_own(money, lines):
    like = nw.from_native(pd.DataFrame({"order_id": ["1"], "amount": [1.0], "line_type": ["product"]}), eager_only=True)
    heads = nw.from_native(pd.DataFrame({"order_id": ["1"], "fee": [money]}), eager_only=True)
    assert len(implied_lines(like, heads, nw.col("fee"), "fee")) == lines
