"""The same calls on Spark: lines are reduced there, and what is small comes back."""

import pandas as pd
import pytest

from ecommine import retention
from libraries import to_pandas, to_spark
from notes import note_counts
from retention.good_arguments import order_lines

pytestmark = pytest.mark.spark


def untidy():
    """Lines with guests, refunds and an order that was taken back in full."""
    orders = order_lines()
    odd = orders.iloc[:4].assign(
        customer_id=[None, "c001", "c001", "c002"], order_id=[9001, 9002, 9002, 9003], amount=[5.0, 4.0, -4.0, -3.0]
    )
    return pd.concat([orders, odd], ignore_index=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda orders: retention.cohorts(orders, by="category", first_orders_from="2023-01-01"),
        lambda orders: retention.curve(orders, by="category", first_orders_from="2023-01-01"),
        lambda orders: retention.value(orders, horizon="90d", first_orders_from="2023-01-01"),
        retention.churn_warnings,
        retention.replenishment,
    ],
    ids=["cohorts", "curve", "value", "churn_warnings", "replenishment"],
)
def test_spark_gives_what_pandas_gives(spark, call):
    orders = untidy()
    mine, theirs = call(orders), call(to_spark(spark, orders))
    assert note_counts(theirs.notes) == note_counts(mine.notes)
    for name, part in mine.tables.items():
        pd.testing.assert_frame_equal(to_pandas(theirs.tables[name]), to_pandas(part), rtol=1e-9)
