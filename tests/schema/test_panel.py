"""The sales panel: hand-worked, against a slow version, on every library.

A panel with stock and prices joins three dozen tables, which takes Spark ten seconds however small they are: the whole
path runs there once, its cases on the libraries of one machine.
"""

import math
import os
import warnings
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import DataWarning, SchemaError, datasets, schema
from libraries import to_pandas
from notes import note_counts
from panel_slow import following, slow_panel

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


SHOP = pd.DataFrame(
    [  # week of 29 April, of 6, 13 and 20 May
        (1, "2024-04-29 09:00", "tea", 2, 4.0, 0.0, 1.0, None, "hot", 1, None),
        (1, "2024-04-29 09:00", "cup", 1, 9.0, 0.0, 5.0, None, "ware", 1, None),
        (2, "2024-04-30 10:00", "tea", 10, 3.0, 5.0, 2.0, "May", "hot", 2, None),
        (3, "2024-05-01 10:00", "tea", 7, 8.0, 0.0, 9.0, "May", "hot", 1, None),  # cancelled in full ...
        (3, "2024-05-01 10:00", "cup", 1, 9.0, 0.0, 9.0, None, "ware", 1, None),
        (3, "2024-05-05 23:59", "tea", -7, 8.0, 0.0, 9.0, None, "hot", 1, None),  # ... within the week
        (3, "2024-05-05 23:59", "cup", -1, 8.0, 0.0, 9.0, None, "ware", 1, None),  # at a fee of 1
        (2, "2024-05-02 10:00", "tea", -4, 3.0, -2.0, 2.0, None, "hot", 2, None),  # in part: a return
        (1, "2024-05-14 10:00", "cup", -1, 9.0, 0.0, 5.0, None, "ware", 1, None),  # a later week: a return
        (4, "2024-05-15 10:00", "tea", 3, 0.0, 0.0, 1.0, None, "leaf", 1, None),  # given away
        (5, "2024-05-15 11:00", "tea", 0, 4.0, 1.5, None, None, None, 1, None),  # a rebate without units
        (6, "2024-05-15 11:00", "tea", 1, 4.9, 0.0, None, None, None, 1, "shipping"),
        (7, "2024-05-20 00:00", "tea", 1, 4.0, 0.0, None, None, None, 2, None),
    ],
    columns=["order_id", "ordered_at", "product_id", "quantity", "unit_price", "discount", "unit_cost", "promotion",
             "category", "store_id", "line_type"],
).assign(customer_id=1)  # fmt: skip
SHOP["ordered_at"] = pd.to_datetime(SHOP["ordered_at"]).astype("datetime64[us]")
STOCK = pd.DataFrame(
    {
        "product_id": ["cup", "cup", "cup", "tea", "tea", "tea"],
        "stocked_at": pd.to_datetime(
            ["2024-05-06", "2024-05-13", "2024-05-20", "2024-04-29", "2024-04-30", "2024-05-13"]
        ).astype("datetime64[us]"),
        "on_hand": [0, 0, 0, 5, 0, 0],
        "store_id": [1, 1, 1, 1, 1, 1],
    }
)
PRICES = pd.DataFrame(
    {
        "product_id": ["cup", "cup", "cup", "tea", "cup"],
        "changed_at": pd.to_datetime(["2023-01-01", "2024-05-13", "2024-05-14", "2024-05-07", "2024-01-01"]).astype(
            "datetime64[us]"
        ),
        "price": [1.0, 7.0, 6.0, 4.5, 8.0],
    }
)
NAN = np.nan
FOUR = [datetime(2024, 4, 29) + timedelta(days=7 * week) for week in range(4)]


def quiet(*args: object, **options: object) -> pd.DataFrame:
    """Make a panel whose notes are no matter here, as a pandas table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return to_pandas(schema.to_sales(*args, **options))


def notes_of(*args: object, **options: object) -> dict[str, int]:
    """Return the codes and counts of the one warning that a panel gives."""
    with pytest.warns(DataWarning) as caught:
        schema.to_sales(*args, **options)
    ours = [warning for warning in caught if warning.category is DataWarning]  # Spark has some of its own
    assert [warning.filename for warning in ours] == [__file__]
    return note_counts(ours[0].message.notes)


@pytest.mark.call("schema.to_sales")
def test_worked_by_hand(library):
    panel = quiet(library(SHOP), stock=library(STOCK), prices=library(PRICES))
    assert panel.columns.tolist() == [
        "product_id", "period_at", "units_sold", "returned", "quantity", "revenue", "price", "price_low", "price_high",
        "unit_cost", "promotion", "category", "in_stock", "complete",
    ]  # fmt: skip
    expected = {
        "product_id": ["cup"] * 4 + ["tea"] * 4,
        "period_at": FOUR * 2,
        "units_sold": [1, NAN, NAN, NAN, 12, 0, 3, 1],
        "returned": [0, 0, 1, 0, 4, 0, 0, 0],
        "quantity": [1, NAN, -1, NAN, 8, 0, 3, 1],
        "revenue": [10.0, 0.0, -9.0, 0.0, 8.0 + 25.0 - 10.0, 0.0, -1.5, 4.0],
        "price": [9.0, 8.0, 7.0, 6.0, 3.5, NAN, NAN, 4.0],
        "price_low": [9.0, NAN, NAN, NAN, 3.0, NAN, NAN, 4.0],
        "price_high": [9.0, NAN, NAN, NAN, 4.0, NAN, NAN, 4.0],
        "unit_cost": [5.0, NAN, NAN, NAN, 22 / 12, NAN, NAN, NAN],
        "in_stock": [NAN, 0, 0, 0, 0.5, NAN, 0, NAN],
    }
    for name, values in expected.items():
        if isinstance(values[0], float):
            assert panel[name].tolist() == pytest.approx(values, nan_ok=True), name
        else:
            pd.testing.assert_series_equal(panel[name], pd.Series(values, name=name), check_dtype=False)
    assert [None if value is None else bool(value) for value in panel["promotion"]] == [
        False, None, None, None, True, None, False, False
    ]  # fmt: skip
    assert panel["category"].tolist() == ["ware"] * 4 + ["leaf"] * 4
    assert panel["complete"].tolist() == [True, True, True, False] * 2


def test_notes_say_what_was_left_out(local_library):
    lines = pd.concat([SHOP, SHOP[:1].assign(product_id=None), SHOP[:2].assign(quantity=np.nan)], ignore_index=True)
    lines["amount"] = (lines["quantity"] * lines["unit_price"]).fillna(1.0)
    notes = notes_of(
        local_library(lines), as_of="2024-05-19", stock=local_library(STOCK), prices=local_library(PRICES[:3])
    )
    assert notes == {
        "lines_without_product": 1,
        "lines_without_quantity": 2,
        "lines_not_products": 1,
        "rows_after_as_of": 1,
        "orders_cancelled": 1,
    }
    assert notes_of(local_library(SHOP[-1:]), stock=local_library(STOCK), prices=local_library(PRICES)) == {
        "stock_unknown": 1
    }
    assert notes_of(local_library(SHOP[8:9]), as_of="2024-06-01", prices=local_library(PRICES[3:4])) == {
        "price_unknown": 3
    }


def test_stores_have_rows_stock_and_notes_of_their_own(local_library):
    lines = pd.concat([SHOP, SHOP[:1].assign(store_id=None)], ignore_index=True).astype({"store_id": "Int64"})
    stock = STOCK.assign(store_id=[1, 1, 1, 1, 1, 2])
    panel = quiet(local_library(lines), stores=True, stock=local_library(stock), prices=local_library(PRICES))
    assert panel.columns[:3].tolist() == ["product_id", "store_id", "period_at"]
    assert panel.groupby(["product_id", "store_id"]).size().to_dict() == {("cup", 1): 4, ("tea", 1): 4, ("tea", 2): 4}
    tea = panel[panel["product_id"] == "tea"].set_index(["store_id", "period_at"])
    assert tea.loc[1, "units_sold"].tolist() == [2, 0, 3, 0]
    assert tea.loc[2, "units_sold"].tolist()[:2] == [10, 0]
    assert math.isnan(tea.loc[(2, FOUR[2]), "units_sold"])  # out of stock in this store, not in the other
    assert tea.loc[2, "price"].tolist() == pytest.approx([3.0, NAN, 4.5, 4.0], nan_ok=True)
    assert notes_of(local_library(lines), stores=True)["lines_without_store"] == 1
    with pytest.raises(SchemaError, match="`store_id` is missing"):
        schema.to_sales(local_library(SHOP.drop(columns="store_id")), stores=True)
    with pytest.raises(SchemaError, match="`store_id` is missing"):
        schema.to_sales(local_library(SHOP), stores=True, stock=local_library(STOCK.drop(columns="store_id")))


def test_the_money_is_that_of_the_lines(local_library):
    lines = SHOP.assign(amount=[0.1] * len(SHOP))
    for options in ({}, {"price": "paid", "every": "1d"}, {"stores": True, "every": "1mo", "price": "list"}):
        panel = quiet(local_library(lines), **options)
        assert panel["revenue"].sum() == pytest.approx(1.2, abs=1e-12), options
        assert panel["quantity"].sum() == SHOP["quantity"].sum() - 1, options


def test_an_order_cancelled_under_its_own_id_leaves_only_within_a_period(local_library):
    lines = orders_of([("tea", "2024-05-01", 3, 4.0), ("tea", "2024-05-02", -3, 4.0), ("tea", "2024-05-02", 1, 4.0)])
    own = quiet(local_library(lines))
    assert own[["units_sold", "returned", "quantity"]].values.tolist() == [[4, 3, 1]]
    same = lines.assign(order_id=[1, 1, 2])
    assert quiet(local_library(same))[["units_sold", "returned", "quantity"]].values.tolist() == [[1, 0, 1]]
    by_day = quiet(local_library(same), every="1d")
    assert by_day[["units_sold", "returned", "quantity"]].values.tolist() == [[3, 0, 3], [1, 3, -2]]
    part = lines.assign(order_id=1)
    assert quiet(local_library(part))[["units_sold", "returned", "quantity"]].values.tolist() == [[4, 3, 1]]


def test_two_currencies_are_refused(local_library):
    mixed = SHOP.assign(currency=["EUR", "USD"] + ["EUR"] * (len(SHOP) - 2))
    with pytest.raises(SchemaError, match="`currency` holds 2 currencies"):
        schema.to_sales(local_library(mixed))
    only_of_others = SHOP.assign(currency=[None] * 11 + ["USD", "EUR"])  # the line in dollars is shipping
    assert len(quiet(local_library(only_of_others))) == 8


def test_the_last_category_is_the_same_in_any_order_of_rows(local_library):
    lines = SHOP.assign(category=["b", "x", "b", "b", "x", "b", "x", "b", "x", "c", "a", "z", None])
    lines.loc[10, "ordered_at"] = lines.loc[9, "ordered_at"]
    for rows in (lines, lines[::-1].reset_index(drop=True)):
        assert quiet(local_library(rows))["category"].tolist() == ["x"] * 4 + ["a"] * 4


def test_money_beyond_64_bits_is_summed_as_floats(local_library):
    lines = orders_of([("tea", "2024-05-01", 1, 8e12), ("tea", "2024-05-02", 2, 8e12)])
    panel = quiet(local_library(lines), price="paid")
    assert panel[["revenue", "price"]].values.tolist() == [[2.4e13, 8e12]]


@pytest.mark.parametrize("types", [("int32", "int64"), ("int64", "int32"), ("category", "str")])
def test_ids_of_several_types_meet(local_library, types):
    one, other = types
    ids = {"tea": 1, "cup": 2} if "int" in one else {"tea": "tea", "cup": "cup"}
    tables = [t.assign(product_id=t["product_id"].map(ids)) for t in (SHOP, STOCK, PRICES)]
    orders, stock, prices = (
        local_library(t.astype({"product_id": kind})) for t, kind in zip(tables, (one, other, other), strict=True)
    )
    panel = quiet(orders, stock=stock, prices=prices)
    assert len(panel) == 8
    assert panel["in_stock"].notna().sum() == 5
    assert panel["price"].notna().sum() == 6


def test_prices_are_checked():
    with pytest.raises(SchemaError, match=r"(?s)`changed_at` is missing.*product_id, changed_at and price"):
        schema.to_sales(SHOP, prices=PRICES.drop(columns="changed_at"))
    with pytest.raises(SchemaError, match="`product_id` holds numbers in prices but text in orders"):
        schema.to_sales(SHOP, prices=PRICES.assign(product_id=1))
    with pytest.raises(SchemaError, match="`changed_at`"):
        schema.to_sales(SHOP, prices=PRICES.assign(changed_at="2024-01-01"))
    pl = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match="`prices` must be a table of the same library as `orders`"):
        schema.to_sales(SHOP, prices=pl.from_pandas(PRICES))


def test_a_wrong_date_does_not_fill_the_memory():
    many = orders_of([(f"p{i}", "2024-05-01", 1, 1.0) for i in range(100)])
    with pytest.raises(ValueError, match="the panel would have up to 291,305,300 rows, from 2024-05-01 to 9999-12-31"):
        schema.to_sales(many, every="1d", as_of="9999-12-31")


def test_the_panel_of_a_simulated_shop_is_its_own(local_library):
    """Units of every product and day are those of the simulation, also where nothing was or could be sold."""
    shop = datasets.make_shop(60, days=40, n_products=40, stockouts=datasets.Stockouts(share=0.2), rng=3)
    panel = quiet(
        local_library(shop.orders), every="1d", price="paid", stock=local_library(shop.stock), as_of="2024-02-09"
    )
    truth = shop.sales.merge(panel, on=["product_id", "period_at"], suffixes=("_true", ""), validate="1:1")
    assert len(truth) == len(panel)
    out = truth["in_stock_true"] == 0
    assert out.any()
    assert truth.loc[out, "units_sold"].isna().all()
    assert (truth["in_stock"] == truth["in_stock_true"]).all()
    assert (truth.loc[~out, "units_sold"] == truth.loc[~out, "quantity_true"]).all()
    sold = truth["units_sold"] > 0
    assert truth.loc[sold, "price"].tolist() == pytest.approx(truth.loc[sold, "price_true"].tolist(), abs=0.006)
    later = shop.sales.merge(panel.groupby("product_id")["period_at"].min().rename("first"), on="product_id")
    assert (later["period_at"] >= later["first"]).sum() == len(panel)


def test_a_week_begins_on_monday_whatever_day_comes_first(local_library):
    days = [f"2024-05-{day:02} 23:59" for day in range(6, 13)]
    panel = to_pandas(schema.to_sales(local_library(orders_of([(day, day, 1, 1.0) for day in days]))))
    assert panel["period_at"].tolist() == [datetime(2024, 5, 6)] * 7


@pytest.mark.parametrize(
    ("every", "starts", "units"),
    [
        ("1d", [f"2024-04-{day}" for day in (29, 30)] + [f"2024-05-{day:02}" for day in range(1, 7)],
         [1, 0, 10, 0, 0, 0, 1, 2]),
        ("1mo", ["2024-04-01", "2024-05-01"], [1, 13]),
        ("1q", ["2024-04-01"], [14]),
        ("1y", ["2024-01-01"], [14]),
    ],
)  # fmt: skip
def test_periods(local_library, every, starts, units):
    panel = quiet(local_library(WORKED), every=every)
    tea = panel[panel["product_id"] == "tea"]
    assert [f"{start:%Y-%m-%d}" for start in tea["period_at"]] == starts
    assert tea["units_sold"].tolist() == units


@pytest.mark.parametrize("every", ["1d", "1w", "1mo", "1q", "1y"])
def test_no_period_is_missing(local_library, every):
    lines = orders_of([("old", "1969-11-30 23:59:59", 1, 1.0), ("new", "1971-03-02", 1, 1.0)])
    panel = quiet(local_library(lines), every=every, as_of="1972-02-29")
    assert panel["units_sold"].sum() == 2
    for _, own in panel.groupby("product_id"):
        starts = own["period_at"].tolist()
        assert [following(moment, every) for moment in starts[:-1]] == starts[1:]
        assert starts[-1] <= pd.Timestamp("1972-02-29") < following(starts[-1], every)
        assert own["units_sold"].tolist()[0] == 1


@pytest.mark.parametrize(
    ("every", "last", "is_over"),
    [
        ("1w", "2024-05-05", True),  # the whole Sunday
        ("1w", "2024-05-05 23:59:59.999998", False),
        ("1d", "2024-05-05 23:59:59.999999", True),
        ("1mo", "2024-05-30", False),
        ("1mo", "2024-05-31", True),
        ("1q", "2024-06-30", True),
        ("1q", "2024-06-29", False),
        ("1y", "2024-12-31", True),
        ("1y", "2024-12-30", False),
    ],
)
def test_a_period_that_ends_at_as_of_is_complete(local_library, every, last, is_over):
    panel = quiet(local_library(WORKED[:4]), every=every, as_of=last)
    assert panel["complete"].tolist()[:-1] == [True] * (len(panel) - 1)
    assert panel["complete"].tolist()[-1] is is_over


def test_stock_counts_days_on_which_any_store_could_sell_up_to_as_of(local_library):
    days = pd.to_datetime(["2024-04-29", "2024-04-29", "2024-04-30", "2024-05-01", "2024-05-02"]).astype(
        "datetime64[us]"
    )
    stock = pd.DataFrame(
        {"product_id": "tea", "stocked_at": days, "on_hand": [0, 4, 3, 5, 0], "store_id": [1, 2, 1, 1, 1]}
    )
    panel = quiet(local_library(WORKED), stock=local_library(stock), as_of="2024-05-01")
    assert panel["in_stock"].tolist() == [1.0]


def test_stock_of_another_kind_is_refused():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    stock = {"product_id": [1], "stocked_at": [datetime(2024, 5, 1)], "on_hand": [1]}
    with pytest.raises(TypeError, match="`stock` must be a table of the same library as `orders`: got polars"):
        schema.to_sales(WORKED, stock=pl.DataFrame(stock))
    with pytest.raises(SchemaError, match="`product_id` holds numbers in stock but text in orders"):
        schema.to_sales(WORKED, stock=pd.DataFrame(stock))


def test_the_last_moment_there_is():
    panel = schema.to_sales(WORKED, every="1y", as_of="9999-12-31")
    assert panel["complete"].all()
    assert panel["period_at"].max() == pd.Timestamp("9999-01-01")


def test_cost_and_promotion_come_along(local_library):
    more = WORKED.assign(unit_cost=[2.0, 1.0, np.nan, 9.0, 2.0, 1.0], promotion=[None, "May", None, None, None, None])
    panel = to_pandas(schema.to_sales(local_library(more)))
    assert panel["unit_cost"].tolist() == pytest.approx([NAN, NAN, 12 / 11, 2.0], nan_ok=True)
    assert panel["promotion"].tolist() == [False, None, True, False]
    to_pandas(schema.sales(schema.to_sales(local_library(more))))  # the panel is a canonical table


line = st.tuples(
    st.sampled_from(["茶", "tea", "cup"]),
    st.datetimes(datetime(2023, 12, 20), datetime(2024, 2, 5)),
    st.integers(-3, 3),
    st.sampled_from([0.0, 1.5, 2.0, 3.25]),
    st.sampled_from([0.0, 0.0, 0.1, 7.5]),  # discount
    st.integers(1, 12),  # order
    st.integers(1, 2),  # store
)
day = st.tuples(
    st.sampled_from(["茶", "tea"]),
    st.datetimes(datetime(2023, 12, 20), datetime(2024, 2, 5)),
    st.integers(0, 1),
    st.integers(1, 2),
)
change = st.tuples(
    st.sampled_from(["茶", "tea"]),
    st.sampled_from(pd.date_range("2023-12-18", "2024-02-05", freq="12h").to_pydatetime().tolist()),
    st.sampled_from([1.0, 2.0, 3.0]),
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(line, min_size=1, max_size=40),
    st.lists(day, min_size=1, max_size=15),
    st.lists(change, min_size=1, max_size=8),
    st.sampled_from(["1d", "1w", "1mo", "1q", "1y"]),
    st.sampled_from(["median", "paid", "list"]),
    st.booleans(),
)
def test_equals_the_slow_version(local_library, lines, days, changes, every, price, stores):
    names = ["product_id", "ordered_at", "quantity", "unit_price", "discount", "order_id", "store_id"]
    orders = pd.DataFrame(lines, columns=names).assign(customer_id=1)
    orders["amount"] = orders["quantity"] * orders["unit_price"] - orders["discount"]
    stock = pd.DataFrame(days, columns=["product_id", "stocked_at", "on_hand", "store_id"])
    prices = pd.DataFrame(changes, columns=["product_id", "changed_at", "price"])
    keys = ["product_id", "store_id"] if stores else ["product_id"]
    options = {"every": every, "price": price, "stores": stores}
    fast = quiet(local_library(orders), stock=local_library(stock), prices=local_library(prices), **options)
    slow = to_pandas(slow_panel(orders, every, price, keys, stock, prices))
    numbers = ["units_sold", "quantity", "price", "price_low", "price_high", "in_stock"]
    fast[numbers], slow[numbers] = fast[numbers].astype(float), slow[numbers].astype(float)
    pd.testing.assert_frame_equal(fast, slow, check_dtype=False, rtol=1e-12, atol=1e-9)
    assert fast["revenue"].sum() == pytest.approx(orders["amount"].sum(), abs=1e-9)
    assert fast["quantity"].sum() == orders["quantity"].sum()


def test_row_order_does_not_matter(local_library):
    tables = {"stock": local_library(STOCK), "prices": local_library(PRICES)}
    back = {"stock": local_library(STOCK[::-1]), "prices": local_library(PRICES[::-1])}
    backwards = SHOP[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        quiet(local_library(backwards), **back), quiet(local_library(SHOP), **tables), check_exact=True
    )


def test_amount_alone_gives_a_price(local_library):
    amounts = WORKED.assign(amount=WORKED["quantity"] * WORKED["unit_price"]).drop(columns="unit_price")
    panel = to_pandas(schema.to_sales(local_library(amounts)))
    assert panel["price"].tolist()[2:] == pytest.approx([4.0, 4.0])


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
@pytest.mark.filterwarnings("ignore:.*differ from another one in capitals")
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
