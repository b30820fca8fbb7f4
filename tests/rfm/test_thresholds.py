"""Where notes and refusals begin: each at its last number, and one after it."""

import warnings

import pandas as pd
import pytest

from ecommine import rfm


def test_a_moment_long_after_the_last_line_is_told_after_a_year():
    orders = pd.DataFrame(
        {"order_id": [1], "customer_id": [1], "ordered_at": pd.to_datetime(["2023-01-01"]), "amount": 9.0}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rfm.table(orders, as_of="2024-01-01")
    with pytest.warns(match="366 days after the last line"):
        rfm.table(orders, as_of="2024-01-02")


def test_a_scale_has_at_most_99_scores():
    rfm.Scale(recency=99, frequency=99, monetary=99)
    for one in (1, 100):
        with pytest.raises(ValueError, match="between 2 and 99"):
            rfm.Scale(recency=one)
