"""Floats of tables are equal to the last bit in every library."""

import numpy as np
import pandas as pd
import pytest

from ecommine import rfm
from libraries import LOCAL, to_pandas
from rfm.slow import shop

FLOATS = ["monetary", "average_order_value", "weighted_score"]
SHOP = shop(lines=2_000, customers=300)


@pytest.mark.parametrize(
    "weights", [(1e-3, 7, 0.1), *(pytest.param(one, marks=LOCAL) for one in [(1, 1, 1), (3, 2, 2), (0.5, 0.3, 0.2)])]
)
def test_floats_of_customers(library, weights):
    found = to_pandas(rfm.score(library(SHOP), weights=weights).table, sort=["customer_id"])
    expected = rfm.score(SHOP, weights=weights).table
    for name in FLOATS:
        np.testing.assert_array_equal(found[name].to_numpy("float64"), expected[name].to_numpy(), err_msg=name)


def test_a_weighted_score_is_the_rounded_mean(library):
    """A third of a whole number, correctly rounded: the nearest float, as Python divides."""
    table = to_pandas(rfm.score(library(SHOP)).table)
    total = table["recency_score"] + table["frequency_score"] + table["monetary_score"]
    assert table["weighted_score"].tolist() == [int(whole) / 3 for whole in total]


def test_money_is_the_nearest_float(library):
    """Cents that have no exact float: 0.07 + 0.07 is 0.14, and nothing beside it."""
    amounts = np.arange(1, 2_000) / 100
    lines = pd.DataFrame(
        {
            "order_id": np.arange(len(amounts)),
            "customer_id": np.arange(len(amounts)),
            "ordered_at": np.full(len(amounts), np.datetime64("2024-01-01", "us")),
            "amount": amounts,
        }
    )
    found = to_pandas(rfm.table(library(lines)), sort=["customer_id"])
    units = np.floor(amounts)
    expected = units + np.round((amounts - units) * 1e6) / 1e6
    np.testing.assert_array_equal(found["monetary"].to_numpy("float64"), expected)


def test_money_of_segments(library):
    found, expected = (to_pandas(rfm.score(make(SHOP)).segments) for make in (library, pd.DataFrame))
    for name in ("money", "share_of_money", "average_order_value"):
        assert found[name].tolist() == expected[name].tolist()
