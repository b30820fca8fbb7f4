"""The sales panel: hand-worked, against a slow version, on every library."""

import math
import os
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import DataWarning, SchemaError, schema
from libraries import to_pandas

DATA = Path(os.environ.get("ECOMMINE_DATA", "../shared/data"))


def orders_of(rows: list[tuple]) -> pd.DataFrame:
    columns = ["product_id", "ordered_at", "quantity", "unit_price"]
    frame = pd.DataFrame(rows, columns=columns).assign(order_id=range(len(rows)), customer_id=1)
    frame["ordered_at"] = frame["ordered_at"].map(pd.Timestamp).astype("datetime64[us]")
    return frame


WORKED = orders_of(
    [
        ("tea", "2024-04-29 00:00", 1, 4.0),  # Monday
        ("tea", "2024-05-01 12:00", 10, 3.0),
        ("tea", "2024-05-05 23:59:59", 1, 5.0),  # Sunday of the same week
        ("tea", "2024-05-05 10:00", -2, 3.0),  # a return lowers the quantity, not the price
        ("tea", "2024-05-06 00:00", 2, 4.0),  # Monday of the next
        ("cup", "2024-05-02 00:00", 3, 0.0),  # given away: sold, but at no price
    ]
)


@pytest.mark.call("schema.to_sales")
@pytest.mark.parametrize(("price", "first_week"), [("median", 4.0), ("paid", (4 + 30 + 5) / 12), ("list", 5.0)])
def test_worked_by_hand(library, price, first_week):
    panel = to_pandas(schema.to_sales(library(WORKED), price=price))
    assert panel["product_id"].tolist() == ["cup", "tea", "tea"]
    monday = datetime(2024, 4, 29)
    assert panel["period_at"].tolist() == [monday, monday, monday + timedelta(days=7)]
    assert panel["quantity"].tolist() == [3, 10, 2]
    assert math.isnan(panel["price"][0])
    assert panel["price"].tolist()[1:] == pytest.approx([first_week, 4.0])
    assert panel["complete"].tolist() == [True, True, False]


def test_a_week_begins_on_monday_whatever_day_comes_first(library):
    days = [f"2024-05-{day:02} 23:59" for day in range(6, 13)]
    panel = to_pandas(schema.to_sales(library(orders_of([(day, day, 1, 1.0) for day in days]))))
    assert panel["period_at"].tolist() == [datetime(2024, 5, 6)] * 7


@pytest.mark.parametrize(
    ("every", "starts"),
    [
        ("1d", ["2024-04-29", "2024-05-01", "2024-05-05", "2024-05-06"]),
        ("1mo", ["2024-04-01", "2024-05-01"]),
        ("1q", ["2024-04-01"]),
        ("1y", ["2024-01-01"]),
    ],
)
def test_periods(library, every, starts):
    panel = to_pandas(schema.to_sales(library(WORKED), every=every))
    tea = panel[panel["product_id"] == "tea"]
    assert [f"{start:%Y-%m-%d}" for start in tea["period_at"]] == starts


def test_a_period_that_ends_at_as_of_is_complete(library):
    until = to_pandas(schema.to_sales(library(WORKED[:4]), as_of="2024-05-05"))  # the whole Sunday
    assert until["complete"].tolist() == [True]


def test_what_is_left_out_is_told(library):
    mixed = WORKED.assign(line_type=["product", None, "shipping", None, None, "product"])
    mixed.loc[1, "product_id"] = None
    with pytest.warns(
        DataWarning, match="1 order lines without a product.*1 order lines that are no products.*1 order "
    ):
        panel = to_pandas(schema.to_sales(library(mixed), as_of="2024-05-05"))
    assert panel["quantity"].tolist() == [3, -1]


def test_stock_gives_the_share_of_days_it_could_be_bought(library):
    days = pd.date_range("2024-04-29", periods=4).astype("datetime64[us]")
    stock = pd.DataFrame({"product_id": "tea", "stocked_at": days, "on_hand": [5, 0, 3, 1]})
    with pytest.warns(DataWarning, match="only 1 of 3 product periods"):
        panel = to_pandas(schema.to_sales(library(WORKED), stock=library(stock)))
    assert panel["in_stock"].tolist() == pytest.approx([np.nan, 0.75, np.nan], nan_ok=True)


def test_stock_counts_days_on_which_any_store_could_sell_up_to_as_of(library):
    days = pd.to_datetime(["2024-04-29", "2024-04-29", "2024-04-30", "2024-05-01", "2024-05-02"]).astype(
        "datetime64[us]"
    )
    stock = pd.DataFrame(
        {"product_id": "tea", "stocked_at": days, "on_hand": [0, 4, 3, 5, 0], "store_id": [1, 2, 1, 1, 1]}
    )
    with pytest.warns(DataWarning, match="after as_of"):
        panel = to_pandas(schema.to_sales(library(WORKED), stock=library(stock), as_of="2024-05-01"))
    assert panel["in_stock"].tolist() == [1.0]


def test_stock_of_another_kind_is_refused():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    stock = {"product_id": [1], "stocked_at": [datetime(2024, 5, 1)], "on_hand": [1]}
    with pytest.raises(TypeError, match="`stock` must be a table of the same library as `orders`: got polars"):
        schema.to_sales(WORKED, stock=pl.DataFrame(stock))
    with pytest.raises(SchemaError, match="`product_id` holds numbers in stock but text in orders"):
        schema.to_sales(WORKED, stock=pd.DataFrame(stock))


def test_lines_without_a_quantity_are_told(library):
    lost = WORKED.assign(quantity=[1, None, 1, -2, 2, 3])
    with pytest.warns(DataWarning, match="1 order lines without a quantity were left out"):
        panel = to_pandas(schema.to_sales(library(lost.assign(amount=1.0))))
    assert panel["quantity"].tolist() == [3, 0, 2]


def test_the_last_moment_there_is():
    assert schema.to_sales(WORKED, as_of="9999-12-31")["complete"].all()


def test_cost_and_promotion_come_along(library):
    more = WORKED.assign(unit_cost=[2.0, 1.0, np.nan, 9.0, 2.0, 1.0], promotion=[None, "May", None, None, None, None])
    panel = to_pandas(schema.to_sales(library(more)))
    assert panel["unit_cost"].tolist() == pytest.approx([np.nan, 12 / 11, 2.0], nan_ok=True)
    assert panel["promotion"].tolist() == [False, True, False]
    to_pandas(schema.sales(schema.to_sales(library(more))))  # the panel is a canonical table


def slow_panel(lines: pd.DataFrame) -> dict:
    groups = defaultdict(list)
    for row in lines.itertuples():
        day = row.ordered_at.to_pydatetime().replace(hour=0, minute=0, second=0, microsecond=0)
        groups[row.product_id, day - timedelta(days=day.weekday())].append((row.quantity, row.unit_price))
    panel = {}
    for key, sold in groups.items():
        prices = [price for quantity, price in sold if quantity > 0 and price > 0]
        panel[key] = (sum(quantity for quantity, _ in sold), median(prices) if prices else None)
    return panel


line = st.tuples(
    st.sampled_from(["茶", "tea", "cup"]),
    st.datetimes(datetime(2023, 12, 20), datetime(2024, 3, 5)),
    st.integers(-3, 9),
    st.sampled_from([0.0, 1.5, 2.0, 3.25]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(line, min_size=1, max_size=40))
def test_equals_the_slow_version(local_library, lines):
    orders = orders_of(lines)
    panel = to_pandas(schema.to_sales(local_library(orders)))
    fast = {
        (row.product_id, row.period_at.to_pydatetime()): (row.quantity, None if row.price != row.price else row.price)
        for row in panel.itertuples()
    }
    assert fast == slow_panel(orders)


def test_row_order_does_not_matter(library):
    backwards = WORKED[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        to_pandas(schema.to_sales(library(backwards))), to_pandas(schema.to_sales(library(WORKED)))
    )


def test_amount_alone_gives_a_price(library):
    amounts = WORKED.assign(amount=WORKED["quantity"] * WORKED["unit_price"]).drop(columns="unit_price")
    panel = to_pandas(schema.to_sales(library(amounts)))
    assert panel["price"].tolist()[1:] == pytest.approx([4.0, 4.0])


def test_an_empty_table_gives_an_empty_panel(library):
    panel = to_pandas(schema.to_sales(library(WORKED[:0].astype(WORKED.dtypes))))
    assert len(panel) == 0


def test_errors_name_the_way_out():
    with pytest.raises(ValueError, match=r"`every` must be one of '1d', '1w'.*got '2w'"):
        schema.to_sales(WORKED, every="2w")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`price` must be one of"):
        schema.to_sales(WORKED, price="mean")  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match=r"`product_id` is missing: map the table once with schema.orders"):
        schema.to_sales(WORKED.drop(columns="product_id"))


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the folder of real data, {DATA}, is not there (set ECOMMINE_DATA)")
def test_the_choice_of_price_moves_the_elasticity_of_online_retail():
    """Within-product regression of log weekly quantity on log price: far from equal for the three prices."""
    raw = pd.read_parquet(DATA / "online_retail.parquet")
    orders = schema.orders(
        raw,
        order_id="InvoiceNo",
        customer_id="CustomerID",
        ordered_at="InvoiceDate",
        product_id="StockCode",
        quantity="Quantity",
        unit_price="UnitPrice",
    )
    slopes = {}
    for price in ("paid", "median", "list"):
        panel = schema.to_sales(orders, price=price)
        panel = panel[(panel["quantity"] > 0) & panel["price"].notna()]
        logs = np.log(panel[["quantity", "price"]])
        within = logs - logs.groupby(panel["product_id"]).transform("mean")
        slopes[price] = (within["quantity"] * within["price"]).sum() / (within["price"] ** 2).sum()
    assert slopes["paid"] < -1.8 < -1.6 < slopes["median"] < -1.3 < -0.5 < slopes["list"] < 0
